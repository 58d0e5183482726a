# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What an administrator does with a subchannel, as functions for the machines of
# the tests. With SHOW=yes each step is told before it is done.

CSS=/sys/bus/css
MDEV=/sys/bus/mdev/devices

# act COMMAND: one step
act()
{
	[ -z "${SHOW:-}" ] || echo "  # $*"
	eval "$*"
}

# subchannel_of DEVICE: 0.0.1111 -> 0.0.0003, as long as its own driver sees it
subchannel_of()
{
	local link

	link=$(readlink -f "/sys/bus/ccw/devices/$1") && [ -n "$link" ] &&
	basename "$(dirname "$link")"
}

driver_of()
{
	basename "$(readlink "$CSS/devices/$1/driver" || echo none)"
}

# reserve SUBCHANNEL [DRIVER]: out of the hands of its driver, for vfio_ccw or DRIVER
reserve()
{
	local device

	for device in "$CSS/devices/$1"/0.*; do
		[ "$(cat "$device/online" 2>/dev/null)" != 1 ] ||
			act "echo 0 > $device/online" || return
	done
	[ ! -e "$CSS/devices/$1/driver" ] ||
		act "echo $1 > $CSS/devices/$1/driver/unbind" || return
	act "echo ${2:-vfio_ccw} > $CSS/devices/$1/driver_override"
}

# take SUBCHANNEL [DRIVER]: into the hands of vfio_ccw, or of DRIVER
take()
{
	reserve "$@" && act "echo $1 > $CSS/drivers/${2:-vfio_ccw}/bind"
}

# give SUBCHANNEL: back to the common I/O layer's own driver
give()
{
	act "echo $1 > $CSS/devices/$1/driver/unbind" &&
	act "echo > $CSS/devices/$1/driver_override" &&
	act "echo $1 > $CSS/drivers/io_subchannel/bind"
}

# create UUID SUBCHANNEL: a mediated device
create()
{
	act "echo $1 > $CSS/devices/$2/mdev_supported_types/vfio_ccw-io/create"
}

# remove UUID: the other way round
remove()
{
	act "echo 1 > $MDEV/$1/remove"
}
