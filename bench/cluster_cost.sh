#!/usr/bin/env bash
# cluster_cost — what does each operation cost in a cluster, by its nodes? See cluster_cost.py.
set -euo pipefail
bench=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
"$bench/../scripts/install" cluster
exec "$bench/cluster_cost.py"
