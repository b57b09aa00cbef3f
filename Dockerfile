# The environment and the assets are made in a first stage, so that neither pip's cache nor Node
# comes along.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
ENV STATIC_ROOT=/app/staticfiles CASEBOOK_VAR=/tmp/build
RUN /venv/bin/python -m web.build \
    && /venv/bin/python manage.py collectstatic --noinput --verbosity=0 \
    && rm -rf .build-venv web/assets/node_modules /tmp/build

FROM python:3.13-slim
# pg_dump and psql, for `manage.py backup` and `restore`.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app casebook \
    && install --directory --owner=casebook --mode=700 /var/lib/casebook
ENV PATH=/venv/bin:$PATH \
    CASEBOOK_VAR=/var/lib/casebook \
    STATIC_ROOT=/app/staticfiles \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    MKL_NUM_THREADS=1
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER casebook
VOLUME /var/lib/casebook
EXPOSE 8000
CMD ["python", "-m", "granian", "config.wsgi:application", "--interface=wsgi", "--no-ws", "--log-config=config/granian.json", "--host=0.0.0.0", "--port=8000", "--blocking-threads=32"]
