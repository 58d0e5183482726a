#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Faults that are put into the driver to see that the soak notices them.

usage: mutants.py names | lane NAME | apply NAME FOLDER | expected NAME <OUTPUT

Each is a replacement in one file, with what the soak has to say of it.
"""

import pathlib
import re
import sys

# name: file, what is replaced, by what, what is found in the soak's output
MUTANTS = {
    # The interrupt is never told of: the device stays busy
    'interrupt-lost': (
        'vfio_ccw_drv.c',
        '	if (vfio_ccw_fsm_irq(&dev->fsm, &irb, class))\n',
        '	static unsigned int mutant;\n'
        '\n'
        '	if (class == VFIO_CCW_STATUS_ENDS && ++mutant % 300 == 0)\n'
        '		return;\n'
        '	if (vfio_ccw_fsm_irq(&dev->fsm, &irb, class))\n',
        r'lost status|does not end'),
    # The function ends, and nobody is told
    'status-lost': (
        'vfio_ccw_fsm.c',
        '	vfio_ccw_statusq_push(&fsm->outq, &st->irb, st->class, st->op);\n',
        '	static unsigned int mutant;\n'
        '\n'
        '	if (st->class != VFIO_CCW_STATUS_ENDS || ++mutant % 300)\n'
        '		vfio_ccw_statusq_push(&fsm->outq, &st->irb, st->class,\n'
        '				      st->op);\n',
        r'lost status'),
    # Status that was taken is there once more
    'status-doubled': (
        'vfio_ccw_fsm.c',
        '	vfio_ccw_statusq_pop(&fsm->outq);\n'
        '	fsm_announce_head(fsm, fx);\n',
        '	static unsigned int mutant;\n'
        '\n'
        '	if (++mutant % 300)\n'
        '		vfio_ccw_statusq_pop(&fsm->outq);\n'
        '	fsm_announce_head(fsm, fx);\n',
        r'doubled or wrong status'),
    # Status of before is presented after a clear function was accepted
    'status-late': (
        'vfio_ccw_fsm.c',
        '	vfio_ccw_statusq_purge(&fsm->outq);\n'
        '	fsm_note_surplus(fsm, told);\n'
        '	fsm_end_hold(fsm);\n'
        '	fsm->fc = VFIO_CCW_FC_CLEAR;\n',
        '	fsm_note_surplus(fsm, told);\n'
        '	fsm_end_hold(fsm);\n'
        '	fsm->fc = VFIO_CCW_FC_CLEAR;\n',
        r'doubled or wrong status|lost status'),
    # The address in the status is the host's
    'address': (
        'vfio_ccw_cp_status.c',
        '	cpa = cp_status_guest_cpa(cp, be32_to_cpu(irb->scsw.cpa), &found);\n',
        '	cpa = cp_status_guest_cpa(cp, be32_to_cpu(irb->scsw.cpa), &found);\n'
        '	if (cpa)\n'
        '		cpa = be32_to_cpu(irb->scsw.cpa);\n',
        r"an address below the guest's"),
    'address-file': (
        'vfio_ccw_debugfs.c',
        '	seq_printf(seq, "device: %04x\\n", dev->devno);\n',
        '	seq_printf(seq, "device: %04x at %lx\\n", dev->devno,\n'
        '		   (unsigned long)dev->sch);\n',
        r'^not ok \d+ .*no address in a file'),
    'address-log': (
        'vfio_ccw_ops.c',
        '			 "a program that forbids prefetching was prefetched\\n");\n',
        '			 "a program that forbids prefetching was prefetched, %lx\\n",\n'
        '			 (unsigned long)dev->sch);\n',
        r'^not ok \d+ .*no address in the log'),
    'parameter': (
        'vfio_ccw_ops.c',
        '	schib->intparm = 0;\n', '',
        r"something of the host's"),
    # A page stays pinned
    'pin': (
        'vfio_ccw_cio.c',
        '	vfio_unpin_pages(dev->vdev, iova, npages);\n',
        '	static unsigned int mutant;\n'
        '\n'
        '	if (++mutant % 300)\n'
        '		vfio_unpin_pages(dev->vdev, iova, npages);\n',
        r'^not ok \d+ .*no page is pinned|the kernel complained'),
    # As often in the log as a guest likes
    'flood': (
        'vfio_ccw_ops.c',
        '	if (vfio_ccw_may_log())\n'
        '		dev_warn(&dev->sch->dev,\n',
        '	if (true)\n'
        '		dev_warn(&dev->sch->dev,\n',
        r'^not ok \d+ .*more than ten lines'),
    # What others read is written as if nobody did
    'race': (
        'vfio_ccw_ops.c',
        '	WRITE_ONCE(dev->io_ret, rc);\n', '	dev->io_ret = rc;\n',
        r'^# kernel: BUG: race of accesses in ops_'),
    'race-kcsan': (
        'vfio_ccw_ops.c',
        '	WRITE_ONCE(dev->io_ret, rc);\n', '	dev->io_ret = rc;\n',
        r'^# kernel: BUG: KCSAN: data-race in ops_'),
}

# What only the soaks that look for races notice
LANES = {'race': 'races', 'race-kcsan': 'kcsan'}


def apply(name, mutant, folder):
    """Put a fault into the source in @folder; it must fit exactly once."""
    file, old, new, _ = mutant
    path = pathlib.Path(folder) / file
    text = path.read_text(encoding='utf-8')
    if text.count(old) != 1:
        sys.exit('%s does not fit %s' % (name, file))
    path.write_text(text.replace(old, new), encoding='utf-8')


def main(mutants):
    """Command line, for a table of them."""
    if sys.argv[1] == 'names':
        print('\n'.join(mutants))
    elif sys.argv[1] == 'lane':
        print(LANES.get(sys.argv[2], 'plain'))
    elif sys.argv[1] == 'apply':
        apply(sys.argv[2], mutants[sys.argv[2]], sys.argv[3])
    else:
        text = sys.stdin.read()
        found = re.search(mutants[sys.argv[2]][3], text, re.M)
        print('# ' + (found.group(0) if found else 'nothing of it was said'))
        sys.exit(not found)


if __name__ == '__main__':
    main(MUTANTS)
