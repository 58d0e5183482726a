# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script of the test bench needs: where things live, how progress
# and failures are told, locks, and steps that are safe to interrupt.
#
# Everything that can be made again lives below $CACHE. A finished item appears
# there under its final name by rename(2), or carries a stamp that is written
# last; a run that is interrupted leaves nothing that looks finished.

set -euo pipefail
# A failure inside $(...) must not be overlooked there.
shopt -s inherit_errexit

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # read by the scripts that source this one
TOP=$(cd "$LIB/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfio-ccw
# shellcheck disable=SC2034 # read by the scripts that source this one
CROSS=s390x-linux-gnu-
JOBS=${JOBS:-$(nproc)}

export LC_ALL=C
mkdir -p "$CACHE/locks"

# say TEXT...: one line of progress; standard output belongs to results.
say()
{
	printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*" >&2
}

# die TEXT...: one clear sentence, then failure.
die()
{
	printf 'error: %s\n' "$*" >&2
	exit 1
}

# locked NAME COMMAND...: run COMMAND while holding the bench-wide lock NAME,
# so that two runs on one machine share the work instead of doing it twice. That
# somebody has it is told again and again, since it may be a kernel's build.
locked()
{
	local name=$1 fd ret
	shift
	exec {fd}>"$CACHE/locks/$name"
	if ! flock -n "$fd"; then
		say "waiting for another run that is busy with $name"
		until flock -w 240 "$fd"; do
			say "  ... still waiting for $name"
		done
	fi
	"$@"
	ret=$?
	exec {fd}>&-
	return $ret
}

# scratch PARENT: a new folder beside the final place of what is made in it.
# Leftovers of interrupted runs are removed once they are a day old.
scratch()
{
	mkdir -p "$1"
	find "$1" -maxdepth 1 -name 'tmp.*' -mmin +1440 -exec rm -rf {} +
	mktemp -d "$1/tmp.XXXXXX"
}

# logged FILE COMMAND...: run quietly into FILE; show its end on failure. A line
# every half a minute tells that FILE grows: tests/run ends what is silent.
logged()
{
	local log=$1 pid ret=0 waited=0 size grown=0
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	trap 'kill "$pid" 2>/dev/null || :; exit 130' INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		waited=$((waited + 1))
		[ $((waited % 150)) -eq 0 ] || continue
		size=$(stat -c %s "$log")
		[ "$size" -ne "$grown" ] || continue
		grown=$size
		say "  ... $((waited / 5)) s: $(tail -n 1 "$log" | cut -c1-70)"
	done
	wait "$pid" || ret=$?
	trap - INT TERM
	if [ "$ret" -ne 0 ]; then
		tail -n 30 "$log" >&2
		say "failed ($ret); the whole log: $log"
	fi
	return "$ret"
}
