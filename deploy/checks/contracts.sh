#!/bin/sh
# Holds the contracts: they lint, they break nothing that was released, and the committed code is what they generate.
#
# Usage: deploy/checks/contracts.sh           check
#        deploy/checks/contracts.sh release   accept the contracts as they are now as the released ones
set -eu
cd "$(dirname "$0")/../.."
baseline=protos/released.binpb
# The decoder's own view of OTLP is exchanged with nobody: it may change as the decoder does.
released="--path protos/a11i --exclude-path protos/a11i/otlp --exclude-source-info"

if [ "${1:-check}" = release ]; then
  # shellcheck disable=SC2086  # several words are meant
  buf build $released -o "$baseline"
  echo "contracts: released as they are now"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

buf lint
# Compared as images: the workspace has two modules, the released image is one.
# shellcheck disable=SC2086  # several words are meant
buf build $released -o "$work/now.binpb"
buf breaking "$work/now.binpb" --against "$baseline" --exclude-imports

buf generate --output "$work"
if ! diff -r -q -x __pycache__ "$work/libs/contracts/src/a11i" libs/contracts/src/a11i; then
  echo "contracts: the generated code is not what protos/ generates; run 'make generate' and commit the result" >&2
  exit 1
fi
echo "contracts: lint, breaking changes and generated code are in order"
