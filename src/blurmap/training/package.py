"""Weights of a model as they ship: made in memory, written once, whole.

``NAME.json`` names the files of the networks with their sha256, and holds settings and figures; an ONNX file per
network says the same of itself; ``NAME-norms.npz`` holds the norms that were folded into a network, so that a training
can begin from it (``blurmap.training.norms``).
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from blurmap.files import write_bytes
from blurmap.models.weights import network_content, read_description
from blurmap.training.onnx_metadata import labelled, provenance

Norms = dict[str, NDArray[np.float32]]


@dataclass
class Package:
    """Weights of a model.

    Attributes
    ----------
    name : str
        One of ``blurmap.models.MODELS``, or ``verdict``.
    networks : dict
        ONNX files by the part of the model that they are.
    settings : dict
        What was chosen; as JSON keeps it.
    val : dict, optional
        Figures on val by subset.
    val_weights : str, optional
        First digits of the sha256 of the weights that the figures are of, if these were trained on val too.
    norms : dict
        Of the network that has them folded, see ``blurmap.training.norms.norms_of``.
    provenance : dict
        Metadata of the ONNX files that are of the time of the export: version, licence, training data, recipe.
    """

    name: str
    networks: dict[str, bytes]
    settings: dict[str, Any]
    val: dict[str, dict[str, float]] | None = None
    val_weights: str | None = None
    norms: Norms = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str, folder: Traversable) -> Self:
        """That of a folder.

        Raises
        ------
        WeightsError
            If a file is missing or damaged.
        """
        description = read_description(name, folder)
        networks = {part: network_content(entry, folder) for part, entry in description["files"].items()}
        path = folder / norms_file(name)
        norms = dict(np.load(io.BytesIO(path.read_bytes()))) if path.is_file() else {}
        return cls(
            name, networks, description["settings"], description.get("val"), description.get("val_weights"), norms,
            provenance(next(iter(networks.values()))),
        )  # fmt: skip

    def files(self) -> dict[str, bytes]:
        """All files by name, ``NAME.json`` last: it is right when the others are there."""
        files, entries = {}, {}
        for part, network in self.networks.items():
            name = network_file(self.name, part)
            files[name] = labelled(network, self.settings, self.name, part, self.provenance)
            entries[part] = {"file": name, "sha256": hashlib.sha256(files[name]).hexdigest()}
        if self.norms:
            content = io.BytesIO()
            np.savez(content, **self.norms)  # type: ignore[arg-type]
            files[norms_file(self.name)] = content.getvalue()
        description: dict[str, Any] = {"files": entries, "settings": self.settings}
        description |= {"val": self.val} if self.val else {}
        description |= {"val_weights": self.val_weights} if self.val_weights else {}
        files[f"{self.name}.json"] = (json.dumps(description, indent=2) + "\n").encode()
        return files

    def folder(self) -> Traversable:
        """The files as a folder in memory: a model is loaded from it as from one on a disk."""
        return folder_of(self.files())

    def save(self, folder: Path) -> Path:
        """Write all files into a folder, replacing those that are there; returns the path of ``NAME.json``."""
        for name, content in self.files().items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != content:
                write_bytes(path, content, overwrite=True)
        return folder / f"{self.name}.json"


def folder_of(files: Mapping[str, bytes]) -> Traversable:
    """Files by name as a folder in memory."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return zipfile.Path(zipfile.ZipFile(content))


def network_file(model: str, part: str) -> str:
    """Name of the ONNX file of a part of a model."""
    return {"network": f"{model}.onnx", "close_up": "close-up.onnx"}.get(part, f"{model}-{part}.onnx")


def norms_file(model: str) -> str:
    """Name of the file of a model's norms."""
    return f"{model}-norms.npz"
