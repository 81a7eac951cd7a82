#!/bin/sh
# Holds what must never be in the repository: a registry's host, a path of one machine, a file that belongs to nobody.
set -eu
cd "$(dirname "$0")/../.."
failed=0

complain() {
  echo "hygiene: $1" >&2
  failed=1
}

# The names are split here so that this file does not hold them itself.
hosts="pyp""i\.org|python""hosted\.org|registry\.np""mjs|registry\.yarn""pkg|proxy\.gol""ang|repo1?\.mav""en|index\.crat""es"
if git grep -n -I -i -E "$hosts" -- . ':!LICENSE'; then
  complain "a package registry's host is named above; locks and configuration must work with any mirror"
fi
if git grep -n -I -E '(^|[^A-Za-z0-9_.<])/(home|root|Users)/[a-z]'; then
  complain "a path of one machine is named above"
fi
if git ls-files | grep -E '(^|/)uv\.lock$'; then
  complain "uv.lock names registry hosts and must stay untracked"
fi
if git grep -l '"resolved":' -- '*package-lock.json'; then
  complain "the npm lock above holds resolved addresses; write it with npm's omit-lockfile-registry-resolved"
fi
exit "$failed"
