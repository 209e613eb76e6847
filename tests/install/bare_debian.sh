#!/bin/bash
# Tries Frontdesk on a minimal Debian 12 that has python3 and nothing more: a debootstrap root, this commit cloned into it.
#
#   sudo tests/install/bare_debian.sh [root-demo] [root-test] [user-demo] [user-test] [image] [ci] [--keep]
#
# Without a name it tries all. `image` runs the RUN lines of the Dockerfile, `ci` runs .ci/run and comes last, since it
# installs more. The host's sources of packages and their certificates are carried in, so that the root has the
# packages that the host has. Nothing is mounted outside a mount
# namespace that ends with the script. --keep leaves the root in $BARE_ROOT (else a temporary folder), and a root that
# is there already is used again.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
steps=()
keep=
for argument in "$@"; do
    case $argument in
    --keep) keep=yes ;;
    root-demo | root-test | user-demo | user-test | image | ci) steps+=("$argument") ;;
    *) echo "unknown: $argument (see the head of this script)" >&2 && exit 2 ;;
    esac
done
((${#steps[@]})) || steps=(root-demo root-test user-demo user-test image ci)
((EUID == 0)) || { echo "run it as root: debootstrap and chroot want that" >&2 && exit 2; }
command -v debootstrap >/dev/null || { echo "apt-get install debootstrap first" >&2 && exit 2; }

if [[ -z ${BARE_INSIDE:-} ]]; then
    # A namespace of mounts and of processes: whatever happens, both end with this script.
    exec env BARE_INSIDE=yes unshare --mount --pid --fork --kill-child -- "${BASH_SOURCE[0]}" "$@"
fi

bare=${BARE_ROOT:-$(mktemp -d /var/tmp/frontdesk-bare.XXXXXX)}
mkdir -p "$bare"
chmod 755 "$bare"
finish() {
    umount --lazy "$bare"/{proc,dev/pts,dev/shm,dev} 2>/dev/null || true
    [[ -n $keep ]] && echo "left: $bare" || rm -rf --one-file-system "$bare"
}
trap finish EXIT

make_root() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Suite: oldstable' 'Codename: bookworm' | head -n 1)
    [[ -n $mirror ]] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -n 1)
    [[ -n $mirror ]] || { echo "this host has no package source for Debian 12" >&2 && return 1; }
    echo "making a minimal Debian 12 in $bare …"
    debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$bare" "$mirror" >"$bare.log" 2>&1 ||
        { tail -n 20 "$bare.log" >&2 && return 1; }
    rm -f "$bare.log"
    carry_settings
    chroot "$bare" useradd --create-home --shell /bin/bash clerk
}

# How this host finds packages: apt's sources, pip's settings and the certificates of both. What is there is removed
# first: a copy onto a symbolic link of the root would be written to where it points on the host.
carry_settings() {
    local file
    rm -f "$bare/etc/apt/sources.list"
    cp -a --remove-destination /etc/apt/sources.list.d/debian.sources "$bare/etc/apt/sources.list.d/" 2>/dev/null ||
        cp -a /etc/apt/sources.list "$bare/etc/apt/"
    for file in $(grep -ls '^Acquire' /etc/apt/apt.conf.d/*); do
        cp --remove-destination "$file" "$bare/etc/apt/apt.conf.d/"
    done
    for file in /etc/apt/trusted.gpg.d /usr/share/keyrings /usr/local/share/ca-certificates; do
        [[ -d $file ]] && mkdir -p "$bare$file" && cp -a --remove-destination "$file/." "$bare$file/"
    done
    cp -aL --remove-destination /etc/ssl/certs/. "$bare/etc/ssl/certs/"
    cp -L --remove-destination /etc/hosts /etc/resolv.conf "$bare/etc/"
    [[ ! -f /etc/pip.conf ]] || cp --remove-destination /etc/pip.conf "$bare/etc/"
    [[ ! -f ~/.config/pip/pip.conf ]] || install -D -m 644 ~/.config/pip/pip.conf "$bare/etc/xdg/pip/pip.conf"
}

mount_root() {
    mount --make-rprivate /
    mount -t proc proc "$bare/proc"
    mount --rbind /dev "$bare/dev"
    mount -t tmpfs tmpfs "$bare/dev/shm"
}

# Runs a command in the root as root or clerk, with the settings of package sources that stand in the environment.
inside() {
    local account=$1 home=/root
    shift
    [[ $account = root ]] || home=/home/$account
    local settings=()
    while IFS= read -r -d '' variable; do
        case $variable in
        PIP_* | *_proxy=* | *_PROXY=* | SSL_CERT_*=* | NODE_EXTRA_CA_CERTS=* | REQUESTS_CA_BUNDLE=*) settings+=("$variable") ;;
        esac
    done < <(env -0)
    env -i "${settings[@]}" HOME="$home" USER="$account" LANG=C.UTF-8 PORT="${PORT:-18080}" SANDBOX_PORT="${SANDBOX_PORT:-18090}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$bare" setpriv --reuid="$account" --regid="$account" --init-groups -- sh -c "cd ~ && $*"
}

clone_for() {
    local home=/root
    [[ $1 = root ]] || home=/home/$1
    rm -rf "${bare:?}$home/frontdesk"
    git clone -q --no-hardlinks "$source" "$bare$home/frontdesk"
    chroot "$bare" chown -R "$1:" "$home/frontdesk"
    echo "commit $(git -C "$source" rev-parse --short HEAD) for $1; on the path of $1:" \
        "$(inside "$1" 'for each in psql postgres redis-server node npm pip uv gcc; do command -v $each; done; python3 --version')"
}

demo_as() {
    clone_for "$1"
    inside "$1" 'echo $$ >/tmp/demo.pid; exec frontdesk/frontdesk demo' &
    local demo=$! started=$SECONDS result=0
    cp "$source/tests/install/one_message_each.py" "$bare/tmp/"
    inside "$1" "python3 /tmp/one_message_each.py http://127.0.0.1:${SANDBOX_PORT:-18090} 300" || result=1
    echo "$1: demo, install included: $((SECONDS - started)) s"
    kill -TERM "$(cat "$bare/tmp/demo.pid")" || true
    wait "$demo" || true
    rm -f "$bare/tmp/demo.pid"
    return "$result"
}

test_as() {
    clone_for "$1"
    inside "$1" 'frontdesk/frontdesk test'
}

# The RUN lines of the Dockerfile, in order, in a copy of the context: its stages share one root here, and the two
# that throw files away for the sake of the last stage are left to the end.
try_image() {
    local app=$bare/app
    # What the other tries left is not in an image.
    rm -rf "$app" "$bare/var/lib/frontdesk" && mkdir -p "$app"
    chroot "$bare" userdel frontdesk 2>/dev/null || true
    git -C "$source" archive HEAD | tar -x -C "$app"
    python3 - "$source/Dockerfile" >"$app/steps" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read().replace("\\\n", " ")
print("\n".join(line[4:] for line in text.splitlines() if line.startswith("RUN ")))
PYTHON
    while IFS= read -r step; do
        echo "RUN ${step:0:100}"
        # Of the last stage's clearing only what the image does not copy from the other stage.
        step=${step//.venv requirements .state/requirements .state}
        chroot "$bare" env -i "$(env | grep '^PIP_CERT=' || echo PIP_NO_INPUT=1)" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            sh -c "cd /app && $step" </dev/null
    done <"$app/steps"
    local port=${PORT:-18080}
    inside_image() {
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOST=127.0.0.1 PORT="$port" PYTHONPATH=/app STATE_DIR=/var/lib/frontdesk \
            chroot "$bare" setpriv --reuid=frontdesk --regid=frontdesk --init-groups -- "$@"
    }
    inside_image /app/.venv/bin/python -P -m gateway serve &
    local gateway=$! result=1
    for _ in {1..100}; do
        if inside_image /app/.venv/bin/python -c "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)" 2>/dev/null; then
            result=0
            break
        fi
        sleep 0.2
    done
    ((result == 0)) && echo "image: healthy" || echo "image: not healthy"
    kill -TERM "$gateway" 2>/dev/null || true
    wait "$gateway" || true
    return "$result"
}

[[ -x $bare/usr/bin/python3 ]] || make_root
mount_root
failed=()
for step in "${steps[@]}"; do
    echo "== $step"
    # Not `step || …` in one line: that would turn `set -e` off inside.
    set +e
    (
        set -e
        case $step in
        *-demo) demo_as "$(sed 's/user/clerk/' <<<"${step%-demo}")" ;;
        *-test) test_as "$(sed 's/user/clerk/' <<<"${step%-test}")" ;;
        image) try_image ;;
        ci) clone_for root && inside root frontdesk/.ci/run ;;
        esac
    )
    result=$?
    set -e
    ((result == 0)) || failed+=("$step")
    echo "== $step: $( ((result == 0)) && echo passed || echo FAILED)"
done
((${#failed[@]} == 0)) || { echo "failed: ${failed[*]}" >&2 && exit 1; }
