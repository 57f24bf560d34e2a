"""What config/deploy has for Docker and Kubernetes: its YAML can be read, and whatever it sets is a
setting of the server. Arguments: the project's folder."""

import pathlib
import re
import sys

import yaml

project = pathlib.Path(sys.argv[1])
deploy = project / "config/deploy"
example = (project / "config/.env.example").read_text()
settings = set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", example, re.M))
problems = []
checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        problems.append(what)


def check_settings(names, where):
    for name in names:
        check(name in settings, f"{where}: {name} is no setting")


documents = {}
for path in sorted(deploy.rglob("*.y*ml")):
    if "templates" not in path.parts:  # those are no YAML before they are filled in
        documents[path.relative_to(deploy).as_posix()] = list(yaml.safe_load_all(path.read_text()))
        check(True, path)

compose = documents["compose/compose.yaml"][0]["services"]
nodes = [service for name, service in compose.items() if name.startswith("node")]
for node in nodes:
    check_settings(node["environment"], "compose.yaml")
    address = node["networks"]["inside"]["ipv4_address"]
    check(node["environment"]["CLUSTER_BIND"] == f"{address}:7000", f"compose.yaml: {address}")
    nginx = (deploy / "compose/nginx.conf").read_text()
    check(f"server {address}:8000" in nginx, f"nginx.conf does not know {address}")
secrets = re.findall(r"^#?([A-Z_]+)=", (deploy / "compose/.env.example").read_text(), re.M)
asked = set(re.findall(r"\$\{([A-Z_]+):", (deploy / "compose/compose.yaml").read_text()))
check(set(secrets) == asked, f"compose/.env.example: {secrets}, compose.yaml: {asked}")

check_settings(documents["kubernetes/settings.yaml"][0]["data"], "kubernetes/settings.yaml")
check_settings(documents["helm/latchkey/values.yaml"][0]["settings"], "values.yaml")
for line in (deploy / "systemd/latchkey.env").read_text().splitlines():
    if set_here := re.match(r"#?([A-Z][A-Z0-9_]+)=", line):
        check_settings([set_here[1]], "latchkey.env")

# Both make the same nodes.
pod = documents["kubernetes/stateful-set.yaml"][0]["spec"]["template"]["spec"]
template = (deploy / "helm/latchkey/templates/stateful-set.yaml").read_text()
for name, probe in pod["containers"][0].items():
    if name.endswith("Probe"):
        for key, value in probe.items():
            shown = value["path"] if key == "httpGet" else f"{key}: {value}"
            check(shown in template.split(f"{name}:")[1][:300], f"the chart's {name}: {shown}")

for problem in problems:
    print("-", problem)
print(f"{checked} checked, {len(problems)} wrong")
sys.exit(1 if problems or checked < 40 else 0)
