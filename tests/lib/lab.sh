#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lab.sh COMMAND [ARGUMENT...]: get one thing of the test bench ready and print
# where it is. Progress goes to standard error. Run without a command for the
# list of commands.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernels.sh"

usage()
{
	cat <<TXT
usage: lab.sh COMMAND [ARGUMENT...]
  packages GROUP...     install what the host lacks (run cross vm style user
                        hercules plot)
  busybox               path of a static s390x busybox
  qemu10                root folder of a newer qemu-system-s390x (run it as
                        ROOT/usr/bin/qemu-system-s390x -L ROOT/usr/share/qemu)
  root ARCH PACKAGE...  root folder of packages and all they depend on
  source                Linux 6.12 source tree (pristine, read only)
  kernel plain|debug    build folder of a test kernel
  image plain|debug|stock          its bzImage
  modules plain|debug|stock        folder with mdev.ko and vfio_ccw.ko, built
                        from this checkout against that kernel
  stock                 folder of the stock kernel's packages
  tree plain|debug|stock DIR       install below DIR/lib/modules what the
                        kernel needs to load both modules
  refresh               forget the lists of packages: the next one who needs them
                        fetches them, and so goes on to a new state of the archive
  uapi                  the kernel's headers for s390x user space programs
  upstream plain|debug  the kernel's own vfio_ccw.ko, for comparisons
TXT
	exit 2
}

[ $# -ge 1 ] || usage
command=$1
shift
case $command in
packages)	host_packages "$@" ;;
busybox)	busybox ;;
qemu10)		newer_qemu ;;
root)		closure "$@" ;;
source)		kernel_source ;;
kernel)		test_kernel "$1" ;;
image)		kernel_image "$1" ;;
modules)	driver_modules "$1" ;;
stock)		stock_kernel ;;
tree)		module_tree "$1" "$2" ;;
refresh)	rm -f "$CACHE"/apt*/fresh ;;
uapi)		uapi_headers ;;
upstream)	upstream_module "$1" ;;
*)		usage ;;
esac
