#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Faults that are planted in the driver where only some inputs come to.

usage: planted.py names | kernel NAME | apply NAME FOLDER | expected NAME <OUTPUT

As tests/soak/mutants.py, but for tests/kcov: each has to be found there.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'soak'))
import mutants  # noqa: E402

PLANTED = {
    # An assertion that two usable MIDAWs of one list violate
    'assertion': (
        'vfio_ccw_cp_ida.c',
        '	c->words++;\n'
        '	if (prog_midaw_skips(c, word))\n',
        '	c->words++;\n'
        '	WARN_ON_ONCE(c->words == 2);\n'
        '	if (prog_midaw_skips(c, word))\n',
        r'^# kernel: WARNING: .*vfio_ccw_cp_ida'),
    # A reset after a cancel function reads behind the structure of the device
    'overflow': (
        'vfio_ccw_ops.c',
        '	if (mutex_lock_killable(&dev->life_mutex))\n'
        '		return -EINTR;\n'
        '	vfio_ccw_work_lock(dev, &fx);\n'
        '	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_RESET,',
        '	if (mutex_lock_killable(&dev->life_mutex))\n'
        '		return -EINTR;\n'
        '	if (dev->command == VFIO_CCW_ASYNC_CMD_XSCH)\n'
        '		READ_ONCE(((u8 *)dev)[sizeof(*dev) + 64]);\n'
        '	vfio_ccw_work_lock(dev, &fx);\n'
        '	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_RESET,',
        r'^# kernel: BUG: KASAN: .* in ops_'),
    # The end of the machine, by a list of MIDAWs at an odd address
    'end': (
        'vfio_ccw_cp_ida.c',
        '	if (c->addr & (CP_MIDAW_SIZE - 1))\n'
        '		c->reason = CP_PROG;\n'
        '	while (!last',
        '	BUG_ON(c->addr & (CP_MIDAW_SIZE - 1));\n'
        '	while (!last',
        r'^# kernel: kernel BUG at .*vfio_ccw_cp_ida'),
    # An address of the host's in the status
    'address': mutants.MUTANTS['address'][:3] + (r'^not ok \d+ - no address',),
}

# What only the hardened kernel notices
HARDENED = ('overflow',)

if __name__ == '__main__':
    if sys.argv[1] == 'kernel':
        print('debug' if sys.argv[2] in HARDENED else 'plain')
        sys.exit()
    mutants.main(PLANTED)
