# shellcheck shell=bash
# servers.sh — servers that a script starts in a folder of its own, and ends whatever happens;
# sourced after lib.sh, not run.

folder=    # theirs: data, sockets, output (NAME.out) and logs (NAME.log)
started=() # their processes, the first to end first
as_postgres=()
if ((EUID == 0)); then as_postgres=(runuser -u postgres --); fi # it refuses to run as root
postgres_bin=

# begin_servers PARENT NAME: makes `folder`. Whatever is started ends with the script, which a
# signal ends; a script with more to end has a `stop` of its own, which calls stop_servers.
begin_servers() {
  folder=$(mktemp -d "$1/latchkey-$2.XXXXXX")
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

stop() { stop_servers; }

stop_servers() {
  trap - EXIT
  trap '' INT TERM HUP # whoever is impatient
  local process i
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${started[@]}"; do
    for ((i = 0; i < 200; ++i)); do
      kill -0 "$process" 2>/dev/null || break
      sleep 0.05
    done
    kill -KILL "$process" 2>/dev/null || true
  done
  wait
  stop_postgres
  rm -rf -- "$folder"
}

stop_postgres() {
  if [[ -f $folder/postgres/data/postmaster.pid ]]; then
    "${as_postgres[@]}" "$postgres_bin/pg_ctl" -D "$folder/postgres/data" -m immediate stop \
      >/dev/null 2>&1 || true
  fi
}

# launch NAME COMMAND…: in the background, with nothing but its own settings in its environment.
launch() {
  local name=$1
  shift
  : >"$folder/$name.out"
  env -i PATH="$PATH" "$@" >"$folder/$name.out" 2>"$folder/$name.log" &
  started+=("$!")
}

# await NAME CONDITION…: what was launched last is ready when the command CONDITION succeeds.
await() {
  local name=$1 i
  shift
  for ((i = 0; i < 1200; ++i)); do
    if "$@"; then return; fi
    kill -0 "${started[-1]}" 2>/dev/null || break
    sleep 0.05
  done
  cat -- "$folder/$name.out" "$folder/$name.log" >&2
  die "$name did not start"
}

# start NAME COMMAND…: launches it. `first_line` is what it says first.
start() {
  launch "$@"
  await "$1" has_spoken "$1"
}
has_spoken() { IFS= read -r first_line <"$folder/$1.out"; }

# Sets `postgres_url`: a PostgreSQL behind a socket in `folder`, whose path must be short (107
# bytes) and open to the user postgres.
start_postgres() {
  postgres_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [[ -x $postgres_bin/initdb ]] || die "there is no PostgreSQL server in /usr/lib/postgresql"
  chmod 711 "$folder"
  mkdir "$folder/postgres"
  if ((EUID == 0)); then chown postgres: "$folder/postgres"; fi
  cd -- "$folder/postgres" # which the postgres user may enter, unlike perhaps the checkout
  "${as_postgres[@]}" "$postgres_bin/initdb" -D "$folder/postgres/data" -U postgres -A trust \
    -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2 && die "initdb failed"; }
  "${as_postgres[@]}" "$postgres_bin/pg_ctl" -D "$folder/postgres/data" -l "$folder/postgres/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$folder/postgres' -c max_connections=200
        -c fsync=on -c dynamic_shared_memory_type=mmap" -w -t 60 start >/dev/null 2>&1 ||
    { cat "$folder/postgres/log" >&2 && die "PostgreSQL did not start"; }
  postgres_url="postgresql://postgres@/postgres?host=$folder/postgres"
  cd -- "$folder"
}

# Sets `redis_url`: a Redis behind a socket in `folder` that keeps nothing.
start_redis() {
  redis_url=unix://$folder/redis.sock
  launch redis redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' --appendonly no \
    --dir "$folder" --daemonize no
  await redis answers_ping
}
answers_ping() { [[ $(redis-cli -s "$folder/redis.sock" ping 2>/dev/null || true) == PONG ]]; }
