# blurmap serve in a container. Written but not built where it was written: there is no container engine there.
#   docker build -t blurmap . && docker run -p 127.0.0.1:8000:8000 -e BLURMAP_TOKEN=choose-one blurmap
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE WEIGHTS.md ./
COPY src src
RUN pip install --no-cache-dir --prefix=/install '.[serve,heic,raw]'

FROM python:3.12-slim
COPY --from=build /install /usr/local
USER 65534:65534
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
# beyond loopback blurmap wants a token: BLURMAP_TOKEN
CMD ["blurmap", "serve", "--host", "0.0.0.0"]
