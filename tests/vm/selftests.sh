#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftests.sh [stock|plain|debug-requests...]: the self-tests in virtual machines, all
# of them or those with the kernels named. One TAP document on standard output.
#
#   stock   Debian's own kernel: type 1 only, since it has no iommufd. Without
#           CONFIG_VFIO_DEBUGFS, too, so that what counts pins has nothing kept
#   plain   a test kernel without debug options: everything
#   debug-requests
#           one with lockdep, KASAN, ...: what users ask for, memory that goes,
#           storms of made-up channel reports; smaller counts, and most programs
#           with one of the back ends, which take turns
#   debug-lives
#           the same kernel: binding, loading, loss, what does not stop,
#           allocations that fail. Most of that waits for releases that the
#           kernel puts off, and little of it depends on the back end
#   debug-requests-both, debug-lives-both
#           the same with everything and with both back ends, which takes it
#           long; not among the defaults, nor is the next
#   rounds  a program 100,000 times with each back end and either test kernel,
#           while memory is given up
#   patched Debian's own kernel with the container of patches/: threads that unmap, or
#           open and close devices, keep nobody from going on
#   reboot  the plain kernel going down with devices idle, open and busy
#   purge   ignored devices are purged, with the plain kernel and with one that has
#           what patches/ has for that: there another driver's subchannels stay
#   KERNEL:PROGRAM,PROGRAM...   these programs with one of the kernels; those
#	named PROGRAM@0 with nothing kept pinned between programs
#
# A machine is ended that has no result for a quarter of an hour: no test may take
# that long, however busy the host is.
#
# SELFTEST_PERCENT scales the counts of all loops (default 100: a half of what the
# programs name on the plain kernel, less on the others).

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

PERCENT=${SELFTEST_PERCENT:-100}
count=0
failed=0

# renumber KERNEL: the programs' documents become part of one
renumber()
{
	local kernel=$1 program="" word line

	while IFS= read -r line; do
		case $line in
		"# program "*)
			program=${line#\# program } ;;
		"ok "*|"not ok "*)
			count=$((count + 1))
			word=${line%%ok *}ok
			[ "$word" = ok ] || failed=$((failed + 1))
			echo "$word $count $kernel $program ${line#*ok * }" ;;
		"TAP version"*|1..*|"#  RUN "*|"#            OK "*)
			;;
		"#"*)	echo "$line" ;;
		*)	echo "# $line" ;;
		esac
	done
}

# result NAME STATUS: a point of its own, for what no program can see
result()
{
	local word=ok

	[ "$2" -eq 0 ] || { word="not ok"; failed=$((failed + 1)); }
	count=$((count + 1))
	echo "$word $count $1"
}

# machine KERNEL PERCENT FILTER PROGRAM...
machine()
{
	local kernel=$1 percent=$2 filter=$3 status=0 own=() spare=() tag modules
	local n last=0 allow=(--allow "$VM/known-complaints")

	shift 3
	tag=$kernel-${1%%[:@]*}
	[ "$1" != giveback ] || allow=(--allow "$VM/stuck-complaints")
	case " $* " in
	*" faults"*)	allow+=(--allow "$VM/faults-complaints") ;;
	esac
	# The stock kernel has no test that needs them
	if [ "$kernel" != stock ]; then
		modules=$(test_modules "$kernel")
		for n in kobject_hold mm_hold qdio_mark sch_look; do
			own+=(--add "$modules/$n.ko:/selftests/hold/$n.ko")
		done
	fi
	# Each of its tests loses one, with each back end
	case " $* " in
	*" lost:-V"*)	last=2019 ;;
	*" lost"*)	last=2036 ;;
	*" knot"*)	spare+=(--device "virtio-rng-ccw,devno=fe.0.1113") ;;
	esac
	for ((n = 2001; n <= last; n++)); do
		spare+=(--device "virtio-rng-ccw,devno=fe.0.$n,id=rng$n")
	done
	say "self-tests with the $kernel kernel: $*"
	vm "$kernel" "$VM/guest/selftests" --name "selftests-$tag" \
		--qemu "$qemu" \
		--timeout 900 --memory 1024 \
		--device virtio-rng-ccw,devno=fe.0.1111,id=rng1111 \
		"${spare[@]}" \
		--device virtio-rng-ccw,devno=fe.0.1112,id=rng1112 \
		--terminal fe.0.000a --host "python3 '$VM/host.py'" \
		--add "$VM/guest:/guest" --add "$programs:/selftests" \
		"${allow[@]}" "${own[@]}" "${more[@]}" \
		--env "PROGRAMS=$*" --env "FILTER=$filter" \
		--env "LOOPS_PERCENT=$percent" >"$out/$tag.tap" || status=$?
	renumber "$kernel" <"$out/$tag.tap"
	result "$kernel: the machine ended as it should, without a complaint" \
		"$status"
}

# going_down KERNEL: the host reboots with devices idle, open and busy
going_down()
{
	local kernel=$1 status=0 name=selftests-$1-reboot device sch modules
	local words=$out/$1-reboot.words

	say "a reboot with the $kernel kernel"
	rm -f "$words"
	modules=$(test_modules "$kernel")
	vm "$kernel" "$VM/guest/going-down" --name "$name" \
		--memory 512 --append tp_printk --qemu-arg=-no-shutdown \
		--device virtio-rng-ccw,devno=fe.0.1111 \
		--device virtio-rng-ccw,devno=fe.0.1112 \
		--device virtio-rng-ccw,devno=fe.0.1113 \
		--device virtio-rng-ccw,devno=fe.0.1114 \
		--device virtio-rng-ccw,devno=fe.0.1115 --terminal fe.0.000a \
		--host "python3 '$VM/last-words.py' '$words' $((512 << 20))" \
		--add "$modules/sch_look.ko:/selftests/sch_look.ko" \
		--add "$VM/guest:/guest" \
		--add "$programs/obstruct:/selftests/obstruct" \
		--add "$BUILD/ccwio/ccwio:/bin/ccwio" \
		--allow "$VM/stuck-complaints" >"$out/$name.tap" || status=$?
	sed 's/^/# /' "$out/$name.tap"
	result "$kernel: it rebooted, without a complaint" "$status"
	# From STANDBY at once; with somebody in it by way of ending everything
	for device in "0.0.1111 STANDBY" "0.0.1112 QUIESCING" \
		"0.0.000a QUIESCING" "0.0.1113 QUIESCING"; do
		sch=$(sed -n "s/^# subchannel ${device% *} //p" \
			"$out/$name.tap")
		status=0
		grep -q "vfio_ccw_step: ${sch:-none} .*: ${device#* } -> NOT_OPER" \
			"$words" || status=1
		result "$kernel: ${device% *} was shut down from ${device#* }" \
			"$status"
	done
	# One that never answers is given up; it keeps nobody from going down
	sch=$(sed -n "s/^# subchannel 0.0.1115 //p" "$out/$name.tap")
	status=0
	grep -q "vfio_ccw ${sch:-none}: The channel did not stop" "$words" ||
		status=1
	result "$kernel: 0.0.1115, which never answers, was given up" "$status"
}

# purge KERNEL OTHERS: devices that are to be ignored are purged; OTHERS is what
# becomes of subchannels that the tests' own driver has, sch_idle if it keeps them
purge()
{
	local kernel=$1 status=0 name=selftests-$1-purge-$SERIES modules devno
	local devices=()

	say "a purge with the $kernel kernel"
	modules=$(test_modules "$kernel")
	for devno in 1111 1112 1113 1114; do
		devices+=(--device "virtio-rng-ccw,devno=fe.0.$devno")
	done
	vm "$kernel" "$VM/guest/purge" --name "$name" --memory 512 \
		"${devices[@]}" --env "OTHERS=$2" --add "$VM/guest:/guest" \
		--add "$modules/sch_idle.ko:/selftests/sch_idle.ko" \
		>"$out/$name.tap" || status=$?
	renumber "$kernel" <"$out/$name.tap"
	result "$kernel: the machine ended as it should, without a complaint" \
		"$status"
}

# Each but the first may leave threads behind that cannot be ended, and devices in
# use: the last ones of a machine
knot=("knot@0:-V,type1" "knot@0:-V,iommufd,-T,unmaps_and_opens"
	"knot@0:-V,iommufd,-T,two_threads_unmap")
# 3000 rounds each at 100 percent; in parts, so that there is a result now and then
TWENTY_THOUSAND=667
rounds=()
for _ in 1 2 3 4 5; do
	rounds+=("keep:-t,given_up_meanwhile")
done
# More arguments for the next machine
more=()
out=$BUILD/selftests-results
mkdir -p "$out"
host_packages cross vm
# Not Debian 12's own: before 8.2, QEMU may go on executing what was in a page
# before memcpy() put something else there, such as a module that is loaded
# where another one was
qemu=$(newer_qemu)
programs=$(build_selftests)
[ $# -gt 0 ] || set -- stock patched plain debug-requests debug-lives reboot
echo "TAP version 13"
for kernel in "$@"; do
	case $kernel in
	stock)	machine stock $((PERCENT / 5)) "-V iommufd" \
			abi errno@0 irqs programs@0 status@0 lifecycle@0 \
			command memcg:-T,reached,-T,reclaimed ;;
	patched)
		container=$(patched_container)
		release=$(ls "$(stock_kernel)/lib/modules")
		more=(--env CONTAINER_PATCHED=1 --add
			"$container:/lib/modules/$release/kernel/drivers/vfio/${container##*/}")
		machine stock "$PERCENT" "-V iommufd" knot@0
		more=() ;;
	plain)	machine plain $((PERCENT / 2)) "" \
			abi errno irqs programs status lifecycle unmap \
			keep unmap@0 lifecycle@0 trace@0 command mdev ignore \
			terminal lost blocked paths events storm
		machine plain $((PERCENT / 2)) "" giveback "${knot[@]}" ;;
	debug-requests)
		machine debug $((PERCENT / 10)) "" \
			unmap lifecycle:-V,type1 programs:-V,type1 \
			errno:-V,iommufd status:-V,type1 abi:-V,iommufd \
			keep memcg irqs:-V,type1 trace@0:-V,iommufd events:-V,type1 \
			blocked:-V,iommufd paths:-V,type1 \
			terminal:-V,iommufd storm:-V,type1 ;;
	debug-lives)
		machine debug $((PERCENT / 25)) "" mdev ignore \
			lost:-V,iommufd,-T,comes_back,-T,others_come \
			faults@0:-V,type1,-T,probe_and_create
		machine debug $((PERCENT / 10)) "" giveback "${knot[@]}" ;;
	debug-requests-both)
		machine debug $((PERCENT / 10)) "" \
			abi errno irqs programs status lifecycle unmap \
			keep memcg trace@0 events terminal blocked paths storm ;;
	debug-lives-both)
		# Of loading and removing, other allocations fail each time
		more=(--env "FAULTS_OFFSET=${FAULTS_OFFSET:-$RANDOM}")
		machine debug $((PERCENT / 10)) "" mdev ignore lost \
			faults faults@0:-t,start
		more=()
		machine debug $((PERCENT / 10)) "" giveback "${knot[@]}" ;;
	rounds)	machine plain $TWENTY_THOUSAND "" "${rounds[@]}"
		machine debug $TWENTY_THOUSAND "" "${rounds[@]}" ;;
	reboot)	going_down plain ;;
	purge)	purge plain gone
		purge purged sch_idle ;;
	*:*)	# shellcheck disable=SC2046 # a list of programs
		machine "${kernel%%:*}" "$PERCENT" "${SELFTEST_FILTER:-}" \
			$(echo "${kernel#*:}" | tr , ' ') ;;
	*)	die "there is no kernel called $kernel" ;;
	esac
done
echo "1..$count"
[ "$failed" -eq 0 ]
