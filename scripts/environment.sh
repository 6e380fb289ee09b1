# prepare EXTRA: sees to it that .venv holds the project with that extra. Everything it prints goes to
# stderr. `here` is the root of the project.

prepare() {
    extra=$1
    venv=$here/.venv
    stamp=$venv/openldn-$extra
    if _wanted "$extra" | cmp -s - "$stamp" && [ -x "$venv/bin/python" ]; then
        return 0
    fi
    lock=$here/.venv-lock
    if ! mkdir "$lock" 2>/dev/null; then
        echo "Another set-up is running here (or one was stopped: then remove $lock); waiting …" >&2
        while ! mkdir "$lock" 2>/dev/null; do sleep 1; done
    fi
    trap 'rmdir "$lock" 2>/dev/null' EXIT INT TERM
    if ! (_wanted "$extra" | cmp -s - "$stamp"); then
        _install "$extra" >&2 || { rmdir "$lock"; trap - EXIT INT TERM; return 1; }
    fi
    rmdir "$lock"
    trap - EXIT INT TERM
}

# What an environment must have been made from: a change in any of it renews the environment.
_wanted() {
    echo "$here $1"
    cat "$here/pyproject.toml" "$here/constraints.txt"
}

_install() {
    echo "Setting up OpenLDN ($1) in $venv; this happens once and takes a minute or two."
    python=$(_python) || {
        echo "OpenLDN needs Python 3.11 or newer; install it, or name it: PYTHON=/path/to/python ./ldn"
        return 1
    }
    if ! [ -x "$venv/bin/python" ]; then
        "$python" -m venv "$venv" || {
            echo "The environment could not be made; on Debian, install the package python3-venv."
            return 1
        }
    fi
    _pip "${1%,bench}" || {
        echo "The installation failed; with a working network, run the same command again."
        return 1
    }
    case $1 in *,bench) _peers ;; esac
    "$venv/bin/python" -m compileall -q "$here/src" || true
    _wanted "$1" > "$stamp.new" && mv "$stamp.new" "$stamp"
    if [ "$1" = test ]; then _wanted full > "$venv/openldn-full"; fi
    echo "Done."
}

_pip() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        -c "$here/constraints.txt" -e "$here[$1]"
}

# The bench's peers. One that cannot be had is said to be missing, and ldn bench lists it as absent.
_peers() {
    _pip bench 2> /dev/null || echo "heyoka could not be installed; ldn bench goes without it."
    if command -v "${FC:-gfortran}" > /dev/null 2>&1 && command -v cmake > /dev/null 2>&1; then
        _pip bench-fortran 2> /dev/null || echo "numbalsoda could not be built; ldn bench goes without it."
    else
        echo "numbalsoda is built from source, which takes gfortran and cmake (on Debian: apt-get install gfortran" \
            "cmake, then remove .venv); ldn bench goes without it."
    fi
}

_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$name" > /dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}
