# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of ccwio's command line

_ccwio_uuids()
{
	local device parent

	for device in /sys/bus/mdev/devices/*; do
		parent=$(readlink -f "$device/mdev_type")
		case $parent in
		*/vfio_ccw-io)	echo "${device##*/}" ;;
		esac
	done
}

_ccwio()
{
	local requests="info run exec start wait poke resume cancel halt clear
		reset schib crw sleep"
	local blocks="irb scsw orb sense schib crw ccw0 ccw1"
	local options="--backend --address --timeout --quiet --help"
	local cur prev

	_init_completion -n := || return
	case $prev in
	-b|--backend)
		mapfile -t COMPREPLY < <(compgen -W "type1 iommufd" -- "$cur")
		return ;;
	-a|--address|-t|--timeout|poke|sleep|exec)
		return ;;
	decode)	mapfile -t COMPREPLY < <(compgen -W "$blocks" -- "$cur")
		return ;;
	run|start)
		_filedir
		return ;;
	esac
	case $cur in
	-*)	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return ;;
	esac
	if [[ $prev == : || $prev =~ ^[0-9a-f]{8}-[0-9a-f]{4}- ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$requests" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W \
			"decode $(_ccwio_uuids) :" -- "$cur")
	fi
} &&
complete -F _ccwio ccwio
