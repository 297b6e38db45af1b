"""Pictures and captions as notebooks show them."""

import base64
import html
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FIGURE = "display:inline-block;vertical-align:top;margin:0 8px 8px 0;font:13px/1.4 sans-serif;width:min-content"


def encoded(picture: NDArray[np.uint8], kind: str, side: int) -> bytes:
    """An H x W x 3 uint8 picture as a file of that kind ("PNG", "JPEG"), its long side at most ``side`` pixels."""
    image, buffer = Image.fromarray(picture), io.BytesIO()
    image.thumbnail((side, side))
    image.save(buffer, kind)
    return buffer.getvalue()


def figure(picture: bytes | None, title: str, text: str) -> str:
    """HTML of a JPEG, if there is one, above a title and a text; both are escaped."""
    title, text = html.escape(title), html.escape(text)
    shown = ""
    if picture:
        address = base64.b64encode(picture).decode()
        shown = (
            f'<img src="data:image/jpeg;base64,{address}" alt="{title}: {text}" style="display:block;max-width:none">'
        )
    return f'<figure style="{FIGURE}">{shown}<figcaption><b>{title}</b><br>{text}</figcaption></figure>'
