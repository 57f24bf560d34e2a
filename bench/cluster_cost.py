#!/usr/bin/env python3
"""cluster_cost — what does each operation cost in a cluster, and how does that grow with its nodes?

  cluster_cost.py [--binary FILE] [--nodes MAX] [--repeats COUNT] [--scale FACTOR] [--json FILE]

Starts a server that is alone, then clusters of 1 node up to MAX (3), each on a PostgreSQL and a
Redis of its own. One client on kept connections asks the nodes in turn, one request at a time.
For each operation it prints the CPU time of all nodes together, that of PostgreSQL and Redis, what
the nodes sent each other, and the client's median latency. What the same time costs while nobody
asks is taken off, and is a row of its own, a second of it. All of it is done COUNT (3) times, each
time with new servers: a figure is the median, and the range is from the least to the most. FACTOR
multiplies how often each operation is done: 0.5 for a quick look.

CPU time says more than latencies on a busy machine, but two idle cores are wanted.
"""
import argparse
import contextlib
import glob
import itertools
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parent.parent
patience = 60.0  # seconds for whatever should be immediate, or nearly so
settling = 1.0  # what an operation leaves to be done later still counts as its cost
idle_seconds = 5.0
# A prime, so that whoever takes turns with the nodes comes to each of them.
people_count = 167
admin_password = "a bench needs one user"

# Cheap hashing, for Argon2's cost is the same everywhere and would hide what is compared. Limits
# are counted, in Redis too, and never reached.
settings = {
    "ARGON2_MEMORY_KIB": "1024",
    "ARGON2_ITERATIONS": "1",
    "RATE_LIMIT_DEFAULT": "1000000000/hour",
    "TIERS": "free:projects=3,api_keys=unlimited,workflows=100/month",
}


class Failure(Exception):
    """Ends the measurement; its text is for whoever started it."""


# -- programs and processes ----------------------------------------------------------------------


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not found:
        raise Failure(f"{name} is missing: run scripts/install cluster")
    return found


def postgres_program(name):
    found = glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    if not found:
        return program(name)
    return max(found, key=lambda path: float(pathlib.Path(path).parts[-3]))


def as_postgres():
    """Who runs PostgreSQL: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        raise Failure("there is no user postgres to run PostgreSQL as") from None
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def await_that(condition, failed):
    end = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failure(failed())
        time.sleep(0.02)
    return value


class Servers:
    """Processes with a folder for their data, output (NAME.out) and logs (NAME.log)."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="latchkey-cost."))
        self.folder.chmod(0o711)  # the user postgres has a folder in it
        self.started = []
        return self

    def start(self, name, command, environment=None, end=signal.SIGTERM, **account):
        with open(self.folder / f"{name}.out", "wb") as out, open(self.log(name), "wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ["PATH"], **(environment or {})},
                start_new_session=True,  # Ctrl-C ends them by us, in order
                **account,
            )
        self.started.append((process, end))
        return process

    def await_ready(self, name, process, condition):
        def is_ready():
            if process.poll() is not None:
                raise Failure(f"{name} did not start: {self.last_words(name)}")
            return condition()

        return await_that(is_ready, lambda: f"{name} is not ready: {self.last_words(name)}")

    def log(self, name):
        return self.folder / f"{name}.log"

    def last_words(self, name):
        return self.log(name).read_text(errors="replace").strip()[-1000:] or "it says nothing"

    def __exit__(self, *_):
        # Whoever is impatient would leave processes behind.
        ways = {number: signal.signal(number, signal.SIG_IGN) for number in ending_signals}
        for process, end in reversed(self.started):
            stop(process, end)
        shutil.rmtree(self.folder, ignore_errors=True)
        for number, way in ways.items():
            signal.signal(number, way)


def stop(process, end):
    if process.poll() is None:
        process.send_signal(end)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_postgres(servers):
    """Behind a socket in a folder of its own; answers its process and URL."""
    account = as_postgres()
    folder = servers.folder / "postgres"
    folder.mkdir()
    if account:
        os.chown(folder, account["user"], account["group"])
    data = str(folder / "data")
    initdb = [postgres_program("initdb"), "-D", data, "-U", "postgres", "-A", "trust"]
    initdb += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = servers.start("initdb", initdb, **account)
    await_that(lambda: made.poll() is not None, lambda: "initdb does not end")
    if made.returncode != 0:
        raise Failure(f"initdb failed: {servers.last_words('initdb')}")
    # Autovacuum would be a cost of whichever operation is measured just then.
    command = [postgres_program("postgres"), "-D", data, "-k", str(folder), "-h", ""]
    command += ["-c", "max_connections=200", "-c", "autovacuum=off"]
    process = servers.start("postgres", command, end=signal.SIGQUIT, **account)
    ask = [postgres_program("pg_isready"), "-q", "-h", str(folder), "-U", "postgres"]
    servers.await_ready("postgres", process, lambda: succeeds(ask))
    return process, f"postgresql://postgres@/postgres?host={folder}"


def succeeds(command):
    return subprocess.run(command, timeout=patience, check=False).returncode == 0


def start_redis(servers):
    """Behind a socket, keeping nothing; answers its process and URL."""
    path = servers.folder / "redis.sock"
    command = [program("redis-server"), "--port", "0", "--unixsocket", str(path)]
    command += ["--save", "", "--appendonly", "no", "--dir", str(servers.folder)]
    process = servers.start("redis", command)
    servers.await_ready("redis", process, path.exists)
    return process, f"unix://{path}"


# -- CPU time ------------------------------------------------------------------------------------


def cpu_of(pid):
    """Seconds of CPU time of a process, with its threads that have ended."""
    # What clock_getcpuclockid(3) answers. /proc/PID/stat counts the same in hundredths.
    return time.clock_gettime(~pid << 3 | 2)


def cpu_of_family(pid):
    """The same with its children, those that have ended too."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    total = cpu_of(pid) + (int(stat[13]) + int(stat[14])) / os.sysconf("SC_CLK_TCK")
    for child in children:
        with contextlib.suppress(OSError):  # it has just ended
            total += cpu_of(int(child))
    return total


# -- HTTP ----------------------------------------------------------------------------------------


class Answer:
    def __init__(self, head, body):
        self.status = int(head.split(" ", 2)[1])
        self.head = head
        self.body = body

    def json(self):
        return json.loads(self.body)

    def cookie(self):
        found = re.search(r"^set-cookie: *([^;\r]+)", self.head, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


class Connection:
    """A kept HTTP connection; knows how long its last request took."""

    def __init__(self, address):
        self.host = f"{address[0]}:{address[1]}"
        self.socket = socket.create_connection(address, timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seconds = 0.0

    def exchange(self, method, path, headers, body):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        request = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        began = time.perf_counter()
        self.socket.sendall(request)
        answer = self.read_answer()
        self.seconds = time.perf_counter() - began
        return answer

    def read_answer(self):
        read = b""
        while b"\r\n\r\n" not in read:
            read += self.receive()
        head, _, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        while len(body) < (int(length[1]) if length else 0):
            body += self.receive()
        return Answer(head.decode(), body.decode())

    def receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the connection was closed")
        return piece


# -- nodes ---------------------------------------------------------------------------------------


class Node:
    """One server, ready to answer; alone when the settings name no CLUSTER_BIND."""

    banner = re.compile(r"ready: http://([\d.]+):(\d+) \(internal http://([\d.]+):(\d+)\)")

    def __init__(self, servers, name, binary, environment):
        self.name, self.servers = name, servers
        self.process = servers.start(name, [str(binary), "serve"], environment)
        found = servers.await_ready(name, self.process, self.read_banner)
        self.public = Connection((found[1], int(found[2])))
        self.internal = Connection((found[3], int(found[4])))
        servers.await_ready(name, self.process, self.is_ready)

    def read_banner(self):
        return self.banner.search((self.servers.folder / f"{self.name}.out").read_text())

    def is_ready(self):
        return self.ask_internal("/internal/ready").status == 200

    def ask(self, method, path, headers, body):
        try:
            return self.public.exchange(method, path, headers, body)
        except OSError as e:
            words = self.servers.last_words(self.name)
            raise Failure(f"{self.name}, {method} {path}: {e}\n{words}") from e

    def ask_internal(self, path):
        return self.internal.exchange("GET", path, {}, "")

    def metric(self, name):
        found = re.search(rf"^{name} (\S+)$", self.ask_internal("/metrics").body, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def complaints(self):
        """Lines of its log that are more than information, without their time."""
        text = self.servers.log(self.name).read_text(errors="replace")
        parts = (line.split(" - ", 1) for line in text.splitlines())
        grave = re.compile(r"^\S+ - (WARNING|ERROR|CRITICAL) - ")
        return [part[1] for part in parts if len(part) == 2 and grave.match(part[1])]


def start_nodes(servers, binary, count, stores):
    """`count` nodes of one cluster; 0 is a server that is alone."""
    shared = {
        **settings,
        **stores,
        "ISSUER": "http://127.0.0.1",
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "ADMIN_PASSWORD": admin_password,
        "HTTP_PORT": "0",
        "INTERNAL_PORT": "0",
    }
    nodes = []
    for number in range(1, max(count, 1) + 1):
        address = f"127.0.0.{number}"
        own = {"HTTP_HOST": address, "INTERNAL_HOST": address}
        own["DATA_DIR"] = str(servers.folder / f"node{number}")
        if count > 0:
            own["CLUSTER_BIND"] = f"{address}:0"
            shared.setdefault("CLUSTER_SECRET", secrets.token_urlsafe(48))
        nodes.append(Node(servers, f"node{number}", binary, {**shared, **own}))
    if count > 0:
        await_that(
            lambda: all(node.metric("cluster_members") == count for node in nodes),
            lambda: f"the {count} nodes do not become one cluster",
        )
    return nodes


# -- the client ----------------------------------------------------------------------------------


class Person:
    def __init__(self, name, password):
        self.name, self.password = name, password
        self.id = self.access = self.cookie = self.key = ""
        self.role = "user"


class Client:
    """Asks the nodes in turn, for people who take turns too."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.latencies = []
        self.sessions = []  # of sign-ins, for the logouts
        self.keys = []  # (owner, id), to be revoked
        self.turn = 0

    def ask(self, method, path, body=None, expect=200, node=None, **headers):
        """At a given node, or at the one whose turn it is."""
        if node is None:
            node = self.nodes[self.turn % len(self.nodes)]
            self.turn += 1
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        text = "" if body is None else json.dumps(body)
        if text:
            names["Content-Type"] = "application/json"
        answer = node.ask(method, path, names, text)
        self.latencies.append(node.public.seconds)
        if answer.status != expect:
            raise Failure(f"{method} {path} at {node.name}: {answer.status} {answer.body}")
        return answer

    def sign_in(self, person):
        credentials = {"username": person.name, "password": person.password}
        answer = self.ask("POST", "/auth/token", credentials)
        return answer.json()["access_token"], answer.cookie()

    def make_known(self, **credential):
        """The nodes have it in memory, so that a change concerns each of them."""
        for node in self.nodes:
            self.ask("GET", "/auth/me", node=node, **credential)

    def make_people(self):
        self.admin = Person("admin", admin_password)
        self.admin.access, _ = self.sign_in(self.admin)
        role = {"name": "reader", "permissions": ["profile:read"]}
        self.ask("POST", "/admin/roles", role, 201, Authorization=bearer(self.admin.access))
        self.people = [self.make_person(number) for number in range(people_count)]

    def make_person(self, number):
        one = Person(f"person{number}", "the first of many")
        whole = {"username": one.name, "email": f"{one.name}@example.com", "password": one.password}
        one.id = self.ask("POST", "/auth/register", whole, 201).json()["id"]
        one.access, one.cookie = self.sign_in(one)
        one.key = self.make_key(one)["key"]
        self.make_known(Authorization=bearer(one.access))
        self.make_known(X_API_Key=one.key)
        return one

    def make_key(self, person):
        wanted = {"name": "bench", "scopes": ["profile:read"]}
        authority = bearer(person.access)
        return self.ask("POST", "/auth/api-keys", wanted, 201, Authorization=authority).json()


def bearer(token):
    return f"Bearer {token}"


# -- operations ----------------------------------------------------------------------------------


def validate(client, person):
    client.ask("GET", "/auth/me", Authorization=bearer(person.access))


def sign_in(client, person):
    client.sessions.append(client.sign_in(person)[0])


def refresh(client, person):
    answer = client.ask("POST", "/auth/token/refresh", Cookie=person.cookie)
    person.access, person.cookie = answer.json()["access_token"], answer.cookie()


def know_sessions(client, _):
    for access in client.sessions:
        client.make_known(Authorization=bearer(access))


def logout(client, _):
    client.ask("POST", "/auth/logout", Authorization=bearer(client.sessions.pop()))


def change_password(client, person):
    following = "one of two" if person.password != "one of two" else "two of two"
    change = {"current_password": person.password, "new_password": following}
    client.ask("PUT", "/account/change-password", change, Authorization=bearer(person.access))
    person.password = following


def change_role(client, person):
    person.role = "reader" if person.role == "user" else "user"
    path = f"/admin/users/{person.id}/role"
    client.ask("PUT", path, {"role": person.role}, Authorization=bearer(client.admin.access))


def use_key(client, person):
    client.ask("GET", "/auth/me", X_API_Key=person.key)


def make_keys(client, count):
    for number in range(count):
        owner = client.people[number % people_count]
        made = client.make_key(owner)
        client.make_known(X_API_Key=made["key"])
        client.keys.append((owner, made["id"]))


def revoke_key(client, _):
    owner, key = client.keys.pop()
    client.ask("DELETE", f"/auth/api-keys/{key}", None, 204, Authorization=bearer(owner.access))


def know_people(client, _):
    for person in client.people:
        client.make_known(Authorization=bearer(person.access))


# Name, how often, what comes before and is not measured, and what is. A logout ends the session of
# a sign-in. Password changes send mails, but at most three an hour to a person: so many are done.
operations = [
    ("validate access token", 20000, know_people, validate),
    ("sign in", 500, None, sign_in),
    ("logout", 500, know_sessions, logout),
    ("refresh", 1000, know_people, refresh),
    ("password change", 3 * people_count, know_people, change_password),
    ("role change", 500, know_people, change_role),
    ("API key use", 20000, know_people, use_key),
    ("API key revocation", 500, make_keys, revoke_key),
]


# -- measuring -----------------------------------------------------------------------------------


class Meter:
    """Reads what the nodes and the stores have cost so far."""

    def __init__(self, nodes, postgres, redis):
        self.nodes, self.postgres, self.redis = nodes, postgres.pid, redis.pid

    def read_cpu(self):
        return {
            "latchkey_us": sum(cpu_of(node.process.pid) for node in self.nodes) * 1e6,
            "postgres_us": cpu_of_family(self.postgres) * 1e6,
            "redis_us": cpu_of(self.redis) * 1e6,
        }

    def read_sent(self):
        names = {"frames": "cluster_frames_sent_total", "bytes": "cluster_bytes_sent_total"}
        return {key: sum(n.metric(name) for n in self.nodes) for key, name in names.items()}

    def cost_of(self, work):
        """What it costs altogether, and in how many seconds."""
        # Reading the metrics costs the nodes CPU time: outside of what is counted.
        sent = self.read_sent()
        cpu, began = self.read_cpu(), time.monotonic()
        work()
        seconds, cpu_after = time.monotonic() - began, self.read_cpu()
        before, after = {**sent, **cpu}, {**self.read_sent(), **cpu_after}
        return {key: after[key] - before[key] for key in after}, seconds


def idle_cost(meter):
    cost, seconds = meter.cost_of(lambda: time.sleep(idle_seconds))
    return {key: value / seconds for key, value in cost.items()}


def operation_cost(client, meter, idle, count, prepare, once):
    if prepare:
        prepare(client, count)
    client.latencies = []
    client.turn = 0  # the same nodes are asked by the same people, whatever came before

    def work():
        for number in range(count):
            once(client, client.people[number % people_count])
        time.sleep(settling)

    cost, seconds = meter.cost_of(work)
    one = {key: (value - idle[key] * seconds) / count for key, value in cost.items()}
    one["median_ms"] = statistics.median(client.latencies) * 1000
    return one


def result_of(count, repeats, complaints):
    figures = {name: median_of([one[name] for one in repeats]) for name in repeats[0]}
    return {"nodes": count, "figures": figures, "repeats": repeats, "complaints": complaints}


def median_of(repeats):
    return {key: statistics.median(one[key] for one in repeats) for key in repeats[0]}


def measure(options, count):
    """A server that is alone (0), or a cluster of `count` nodes."""
    with Servers() as servers:
        postgres, postgres_url = start_postgres(servers)
        redis, redis_url = start_redis(servers)
        stores = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url}
        nodes = start_nodes(servers, options.binary, count, stores)
        client, meter = Client(nodes), Meter(nodes, postgres, redis)
        client.make_people()
        figures = measure_operations(options, client, meter)
        return figures, [line for node in nodes for line in node.complaints()]


def times_of(times, options):
    return max(people_count, int(times * options.scale))


def measure_operations(options, client, meter):
    time.sleep(settling)
    figures = {"idle": idle_cost(meter)}
    for name, times, prepare, once in operations:
        count = times_of(times, options)
        figures[name] = operation_cost(client, meter, figures["idle"], count, prepare, once)
        say(f"  {name}: {figures[name]['latchkey_us']:.0f} us")
    return figures


# -- what is printed -----------------------------------------------------------------------------


def say(text):
    print(text, file=sys.stderr, flush=True)


def title_of(count):
    return "alone" if count == 0 else str(count)


def print_table(results):
    print("CPU microseconds, frames and bytes of one operation; idle: of one second")
    print("\nsettings: " + " ".join(f"{name}={value}" for name, value in settings.items()) + "\n")
    print(
        f"| {'operation':21} | nodes | latchkey us |       range | stores us |"
        " frames |  bytes | median ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in results[0]["figures"]:
        for result in results:
            print(row_of(name, result))


def row_of(name, result):
    one, all_us = result["figures"][name], [r[name]["latchkey_us"] for r in result["repeats"]]
    span = f"{min(all_us):.0f}-{max(all_us):.0f}"
    stores = round(one["postgres_us"] + one["redis_us"])
    latency = f"{one['median_ms']:9.2f}" if "median_ms" in one else " " * 9
    frames, sent = round(one["frames"], 2) + 0.0, round(one["bytes"])  # no -0
    return (
        f"| {name:21} | {title_of(result['nodes']):>5} | {one['latchkey_us']:11.0f} | {span:>11} |"
        f" {stores:9} | {frames:6.2f} | {sent:6} | {latency} |"
    )


def print_complaints(results):
    for result in results:
        lines = result["complaints"]
        if lines:
            print(f"\n{title_of(result['nodes'])}: {len(lines)} warnings and errors, such as")
            print("\n".join(f"  {line}" for line in lines[:5]))


def write_json(path, options, results):
    whole = {
        "settings": settings,
        "cores": os.cpu_count(),
        "repeats": options.repeats,
        "counts": {name: times_of(times, options) for name, times, *_ in operations},
        "unit": "one operation; idle: one second",
        "results": results,
    }
    path.write_text(json.dumps(whole, indent=2) + "\n")


# -- the command line ----------------------------------------------------------------------------

ending_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def read_options():
    as_written = argparse.RawDescriptionHelpFormatter
    own = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    built = os.environ.get("LATCHKEY_BINARY", root / "build/bench/latchkey")
    own.add_argument("--binary", type=pathlib.Path, default=built, help="the latchkey to measure")
    own.add_argument("--nodes", type=int, default=3, help="of the largest cluster (3)")
    own.add_argument("--repeats", type=int, default=3, help="whose median counts (3)")
    own.add_argument("--scale", type=float, default=1.0, help="of the number of operations (1)")
    own.add_argument("--json", type=pathlib.Path, help="a file for all figures")
    options = own.parse_args()
    options.binary = options.binary.resolve()
    if not os.access(options.binary, os.X_OK):
        raise Failure(f"there is no latchkey at {options.binary}: run scripts/bench, or --binary")
    if options.json and not options.json.resolve().parent.is_dir():
        raise Failure(f"there is no folder for {options.json}")
    return options


def check_programs():
    program("redis-server")
    for name in ("initdb", "postgres", "pg_isready"):
        postgres_program(name)


def run():
    options = read_options()
    check_programs()
    counts = range(options.nodes + 1)
    repeats, complaints = {n: [] for n in counts}, {n: [] for n in counts}
    # In turns, so that what else the machine does concerns all of them.
    for number, count in itertools.product(range(options.repeats), counts):
        say(f"repeat {number + 1} of {options.repeats}, nodes: {title_of(count)}")
        figures, lines = measure(options, count)
        repeats[count].append(figures)
        complaints[count] += lines
    results = [result_of(n, repeats[n], complaints[n]) for n in counts]
    print_table(results)
    print_complaints(results)
    if options.json:
        write_json(options.json, options, results)


def end_by_signal(number, _):
    raise SystemExit(128 + number)


def main():
    for number in ending_signals:
        signal.signal(number, end_by_signal)
    try:
        run()
    except Failure as e:
        sys.exit(f"cluster_cost.py: {e}")


if __name__ == "__main__":
    main()
