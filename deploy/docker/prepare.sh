#!/bin/bash
# Creates the files that compose.yaml reads: a certificate for the containers' names, a password for each database role, and
# each role's part of the secrets. Run it once, as root, in deploy/docker after `docker compose build`.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
if [[ -e data ]]; then
  echo "The folder data already exists, so nothing was changed. To start over, run docker compose down --volumes, and delete data." >&2
  exit 1
fi
umask 077
account=10001:10001
password() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }
owner=$(password) api=$(password) worker=$(password)

# The container's account must be able to read files in a bind mount.
install -d -m 755 data
install -d -o 10001 -g 10001 -m 700 data/owner data/api data/worker data/gateway data/storage-socket data/tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 397 -subj /CN=airlock \
  -addext 'subjectAltName=DNS:gateway,DNS:api,DNS:localhost,IP:127.0.0.1' \
  -keyout data/tls/key.pem -out data/tls/cert.pem 2>/dev/null
chown "$account" data/tls/*.pem

printf 'POSTGRES_USER=airlock\nPOSTGRES_DB=airlock\nPOSTGRES_PASSWORD=%s\n' "$owner" >data/database.env
cat >data/common.env <<ENV
AIRLOCK_HOST=0.0.0.0
AIRLOCK_TLS_CERT=/tls/cert.pem
AIRLOCK_TLS_KEY=/tls/key.pem
AIRLOCK_PUBLIC_URL=https://localhost:8080
AIRLOCK_STORAGE_PUBLIC_URL=https://localhost:8081
NODE_EXTRA_CA_CERTS=/tls/cert.pem
ENV

# Compose requires these files before it starts the database. They are filled in below.
: >data/api.env
: >data/worker.env

docker compose up -d --wait database
airlock() {
  docker compose run --rm -T --no-deps -v ./data/owner:/owner -e AIRLOCK_DATA_DIR=/owner \
    -e "AIRLOCK_DATABASE_URL=postgres://airlock:$owner@database/airlock" api "$@"
}
airlock migrate --roles
for role in api worker gateway; do
  airlock secrets --for "$role" >"data/$role/secrets.json"
  chown "$account" "data/$role/secrets.json"
done
docker compose exec -T database psql -q -U airlock -v ON_ERROR_STOP=1 <<SQL
ALTER ROLE airlock_api LOGIN PASSWORD '$api';
ALTER ROLE airlock_worker LOGIN PASSWORD '$worker';
SQL

secret() { sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" data/gateway/secrets.json; }
for role in api worker; do
  cat >"data/$role.env" <<ENV
AIRLOCK_DATABASE_URL=postgres://airlock_$role:${!role}@database/airlock
AIRLOCK_STORAGE_URL=s3://airlock?endpoint=unix:/run/airlock-storage/storage.sock&region=local
AWS_ACCESS_KEY_ID=$(secret storageAccessKeyId)
AWS_SECRET_ACCESS_KEY=$(secret storageSecretKey)
ENV
done
airlock keys create --name first
