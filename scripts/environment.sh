# prepare KIND: sees to it that .venv holds the project for that kind of use: full, bench or test (see set_up.py). Everything
# it prints goes to stderr. `here` is the root of the project.

prepare() {
    stamp=$here/.venv/openldn-$1
    if _stamp | cmp -s - "$stamp" && [ -x "$here/.venv/bin/python" ]; then
        return 0
    fi
    python=$(_python) || {
        echo "OpenLDN needs Python 3.11 or newer; install it, or name it: PYTHON=/path/to/python ./ldn" >&2
        return 1
    }
    _stamp | "$python" -I "$here/scripts/set_up.py" "$1" >&2
}

# What an environment must have been made from: a change in any of it renews the environment.
_stamp() {
    echo "$here"
    cat "$here/pyproject.toml" "$here/scripts/set_up.py" "$here"/requirements/*.txt
}

_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$name" > /dev/null 2>&1 &&
            "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}
