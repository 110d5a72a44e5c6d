#!/usr/bin/env bash
# Starts the lab on 127.0.0.1 and prints what a caller evaluates:   eval "$(xtask/aws-lab/emulator/up.sh [PORT])"
# PORT: default 5555; 0 takes a free one. Running again with the same port keeps a healthy lab as it is.
set -eu
. "$(dirname "$0")/env.sh"
port=${1:-5555}
[ -x "$LAB_VENV/bin/python" ] && [ -f "$LAB_STORAGE_CONF" ] || { echo "run $LAB_DIR/install.sh first" >&2; exit 1; }
if [ "$port" = 0 ]; then
  port=$("$LAB_VENV/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
fi
state=$(lab_state "$port")
socket=$state/podman.sock
export CONTAINERS_CONF=$LAB_CONTAINERS_CONF CONTAINERS_STORAGE_CONF=$LAB_STORAGE_CONF DOCKER_HOST=unix://$socket
export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab AWS_REGION=$LAB_REGION
ready() { curl -fsS --noproxy '*' -o /dev/null "$AWS_ENDPOINT_URL/moto-api/data.json" 2>/dev/null; }

if ! { alive "$state/podman.pid" && alive "$state/moto.pid" && ready; }; then
  "$LAB_DIR/down.sh" "$port" >&2
  if ready || (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "port $port of 127.0.0.1 is taken by something else; give another, or 0" >&2
    exit 1
  fi
  mkdir -p "$state/reclaim"
  # In the state folder: conmon leaves a file named "oom" in its working folder when a container runs out of memory.
  (cd "$state" && exec setsid podman system service --time=0 "$DOCKER_HOST") >"$state/podman.log" 2>&1 </dev/null &
  remember $! "$state/podman.pid"
  # Without proxies: everything is on this machine. AWS_DEFAULT_REGION for boto3 inside the server. PYTHONPATH for
  # sitecustomize.py, which mends moto where our stacks meet it.
  env -u HTTP_PROXY -u HTTPS_PROXY -u http_proxy -u https_proxy -u AWS_SESSION_TOKEN -u AWS_PROFILE \
    PYTHONPATH="$(dirname "$LAB_DIR")" AWS_LAB_STATE="$state" AWS_LAB_LABEL="$port" AWS_DEFAULT_REGION="$AWS_REGION" MOTO_PORT="$port" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    setsid "$LAB_VENV/bin/python" "$LAB_DIR/server.py" "$port" >"$state/moto.log" 2>&1 </dev/null &
  remember $! "$state/moto.pid"
  for _ in $(seq 300); do
    ready && [ -S "$socket" ] && break
    alive "$state/moto.pid" && alive "$state/podman.pid" || break
    sleep 0.1
  done
  if ! { ready && [ -S "$socket" ]; }; then
    echo "the lab did not start:" >&2
    tail -n 20 "$state/podman.log" "$state/moto.log" >&2
    "$LAB_DIR/down.sh" "$port" >&2
    exit 1
  fi
fi

for name in AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION CONTAINERS_CONF CONTAINERS_STORAGE_CONF DOCKER_HOST; do
  printf 'export %s=%q\n' "$name" "${!name}"
done
printf 'export AWS_DEFAULT_REGION=%q AWS_ALLOW_HTTP=true AWS_LAB_PORT=%q AWS_LAB_STATE=%q\n' "$AWS_REGION" "$port" "$state"
printf 'export AWS_LAB_REGISTRY=%s.dkr.ecr.%s.amazonaws.com\n' "$LAB_ACCOUNT" "$AWS_REGION"
