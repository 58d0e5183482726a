# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What init.sh goes on with in a machine of vm.py: runs /test with its output
# going to the results port, says how it ended, and powers off. The kernel's
# messages and standard error go to the console.

need_ports results ctl
VM_RESULTS=$(port results)
VM_CTL=$(port ctl)
export VM_RESULTS VM_CTL

leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
	echo scan=off >$leaks
	echo clear >$leaks
fi

set -a
[ ! -e /etc/vm.env ] || . /etc/vm.env
set +a

exec 3>"$VM_RESULTS"
echo "# vm: $(uname -r) up after $(cut -d' ' -f1 /proc/uptime) s" >&3
# shellcheck disable=SC2065 # a program, not a comparison
/test >&3 </dev/null
status=$?

# A leak is reported only when it is some seconds old and seen by two scans.
if [ -e $leaks ] && [ -z "$VM_NO_KMEMLEAK" ]; then
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks >/dev/console
fi
echo "# vm-exit $status" >&3
# Output to a port is complete when the host has taken it; closing waits.
exec 3>&-
sync
poweroff -f
