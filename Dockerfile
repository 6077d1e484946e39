# One container that runs the web and its worker, so that both share the SQLite files under /data.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# Every wheel of the lock, each held against its hash; what follows takes nothing from anywhere else.
COPY requirements.lock ./
RUN pip download --only-binary :all: --require-hashes --dest /wheels -r requirements.lock
COPY . .
RUN pip install --no-index --find-links /wheels hatchling \
    && python -m hatchling build -t wheel -d /wheels \
    && (cd speclive && python -m hatchling build -t wheel -d /wheels) \
    && python -m venv /opt/maestro \
    && /opt/maestro/bin/pip install --no-index --find-links /wheels 'maestro-conductor[cloudwatch,otel]'

FROM python:3.11-slim
RUN useradd --system --uid 10001 --user-group --no-create-home maestro \
    && install -d -o maestro -g maestro /data
COPY --from=build /opt/maestro /opt/maestro
ENV PATH=/opt/maestro/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/maestro.db \
    XDG_DATA_HOME=/data \
    PORT=8080
USER maestro
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD python -c "import os, urllib.request as http; http.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"
CMD ["maestro", "serve", "--host", "0.0.0.0"]
