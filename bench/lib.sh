# lib.sh — what the load benchmarks share: servers on one core, the generator on the other,
# pairs A B A B …, and the median of the paired ratios. Sourced by bench/*.sh.
set -euo pipefail
export LC_ALL=C.UTF-8 # numbers with a point, whatever the caller's language

bench=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname -- "$bench")
server_binary=${LATCHKEY_BINARY:-$root/build/bench/latchkey}
pairs=${PAIRS:-5}
seconds=${SECONDS_EACH:-5}
server_core=0
generator_core=1

source "$root/scripts/servers.sh"
work=$(mktemp -d)
started=()
remove_too=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [[ -n $folder ]]; then stop_postgres; fi
  rm -rf -- "$work" "${remove_too[@]}"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }
for tool in wrk nginx curl taskset; do
  command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
    die "$tool is missing: run scripts/bench, which installs it"
done
PATH=$PATH:/usr/sbin

# start_latchkey CORES [NAME=VALUE…]: sets $url, $internal_port and $server_pid. Nobody's requests
# are limited.
start_latchkey() {
  local cores=$1
  shift
  local out=$work/latchkey.out
  env -i PATH="$PATH" HTTP_PORT=0 INTERNAL_PORT=0 DATA_DIR="$work/data" LOG_LEVEL=error \
    ADMIN_PASSWORD='a bench needs one user' RATE_LIMIT_DEFAULT=0 RATE_LIMIT_SERVICE=0 "$@" \
    taskset -c "$cores" "$server_binary" serve >"$out" 2>"$work/latchkey.err" &
  server_pid=$!
  started+=("$server_pid")
  local tries=200
  until grep -qs "^latchkey is ready" "$out"; do
    ((tries-- > 0)) && kill -0 "$server_pid" 2>/dev/null || { cat "$work/latchkey.err" >&2; die "the server did not start"; }
    read -rt 0.05 <> <(:) || true
  done
  url=$(sed -n 's/^latchkey is ready: \([^ ]*\).*/\1/p' "$out")
  internal_port=$(sed -n 's/^latchkey is ready: .*:\([0-9]*\))$/\1/p' "$out")
}
stop_latchkey() {
  kill "$server_pid"
  wait "$server_pid" || true
  rm -f -- "$work/latchkey.out"
}

# begin_postgres FOLDER: a database server on the generator's core, which the server has for its own;
# sets $postgres_url.
begin_postgres() {
  folder=$1
  start_postgres
  postmaster=$(head -n 1 "$folder/postgres/data/postmaster.pid")
  for pid in "$postmaster" $(pgrep -P "$postmaster"); do
    taskset -pc "$generator_core" "$pid" >/dev/null
  done
}
# CPU of all its processes so far, those that have ended too.
cpu_of_postgres() {
  local pid
  for pid in "$postmaster" $(pgrep -P "$postmaster"); do cat "/proc/$pid/stat" 2>/dev/null || true; done |
    awk -v parent="$postmaster" '{sum += $14 + $15; if ($1 == parent) sum += $16 + $17} END {print sum}'
}

# start_core_manager: the sample one; sets $core_manager_url.
start_core_manager() {
  local tries=100 out=$work/core_manager.out
  "${CORE_MANAGER_BINARY:-$root/build/bench/core_manager}" >"$out" &
  started+=($!)
  until grep -qs '^listening on' "$out"; do
    ((tries-- > 0)) || die "the core manager did not start"
    read -rt 0.05 <> <(:) || true
  done
  core_manager_url=http://$(sed -n 's/^listening on //p' "$out")
}

# sign_in: sets $token and $refresh_token of the user that every server here has.
sign_in() {
  local answer
  answer=$(curl -sS "$url/auth/token" -H 'X-Token-Delivery: body' \
    -d 'username=admin' --data-urlencode 'password=a bench needs one user')
  token=$(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' <<<"$answer")
  refresh_token=$(sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' <<<"$answer")
  [[ -n $token ]] || die "cannot sign in: $answer"
}

# CPU seconds of a process so far, in hundredths.
cpu_of() { awk '{print $14 + $15}' "/proc/$1/stat"; }

# load PID WRK-ARGUMENTS…: one measurement; sets $rate (requests/s) and $cpu_us (a request).
load() {
  local pid=$1
  shift
  local before after out=$work/wrk.out
  before=$(cpu_of "$pid")
  taskset -c "$generator_core" wrk -t1 -d"${seconds}s" "$@" >"$out"
  after=$(cpu_of "$pid")
  if grep -qE 'Non-2xx|Socket errors' "$out"; then cat "$out" >&2; die "requests failed"; fi
  rate=$(awk '/^Requests\/sec/ {print $2}' "$out")
  cpu_us=$(awk -v c=$((after - before)) '/requests in/ {printf "%.2f", c * 10000 / $1}' "$out")
}

median() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# nginx_location PATH HEAD BODY: `return 200` with that answer's own headers and body.
nginx_location() {
  printf 'location %s {\n' "$1"
  tr -d '\r' <"$2" | sed -nE 's/^(X-[^:]+|Cache-Control|Set-Cookie): (.*)$/add_header \1 "\2";/ip'
  printf "return 200 '%s'; }\n" "$(cat "$3")"
}

# start_nginx HEAD BODY [PATH HEAD BODY]…: nginx `return 200` with that answer, and with others below
# paths of their own; sets $nginx_url and $nginx_pid (of its one worker). nginx adds Server, Date and
# Connection.
start_nginx() {
  local tries=50 port i
  for kind in client_body proxy fastcgi uwsgi scgi; do mkdir -p "$work/$kind"; done
  nginx_location / "$1" "$2" >"$work/locations"
  for ((i = 3; i + 2 <= $#; i += 3)); do
    nginx_location "${@:i:3}" >>"$work/locations"
  done
  while ((tries-- > 0)); do
    port=$((20000 + RANDOM % 20000))
    {
      echo "worker_processes 1; daemon off; pid $work/nginx.pid; error_log $work/nginx.err;"
      echo 'events { worker_connections 1024; }'
      echo 'http { access_log off; server_tokens off; keepalive_requests 1000000000;'
      echo 'default_type application/json;'
      for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $work/$kind;"; done
      echo "server { listen 127.0.0.1:$port; include $work/locations; } }"
    } >"$work/nginx.conf"
    taskset -c "$server_core" nginx -c "$work/nginx.conf" 2>/dev/null &
    local master=$!
    nginx_url=http://127.0.0.1:$port
    local waits=40
    while kill -0 "$master" 2>/dev/null && ((waits-- > 0)); do
      if curl -sS -o /dev/null "$nginx_url/" 2>/dev/null; then
        started+=("$master")
        nginx_pid=$(pgrep -P "$master" | head -n 1)
        return
      fi
      read -rt 0.05 <> <(:) || true
    done
    wait "$master" 2>/dev/null || true
  done
  cat "$work/nginx.err" >&2
  die "nginx did not start"
}
