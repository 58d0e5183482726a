# SPDX-License-Identifier: GPL-2.0
"""The series for upstream: what each of its patches is, in words and files.

scripts/series.py makes the patches of it. A step names files of this project as
they are called in the kernel: those of the driver relative to its folder there,
others from the top of the tree. Options, makefiles and entries of lists grow with
the files, see series.py.
"""


class Step:
    """One patch."""

    def __init__(self, subject, body, files=(), *, driver=False,
                 documents=False, selftests=(), switch=False, ignore=''):
        # Without the prefix "vfio-ccw: "
        self.subject = subject
        self.body = body.strip('\n')
        # Of the driver's folder
        self.files = tuple(files)
        # The driver, as a module that does nothing, and its option
        self.driver = driver
        self.documents = documents
        # Patterns of files of the self-tests
        self.selftests = selftests
        # Take the kernel's own driver out, and this one's option into use
        self.switch = switch
        # Types of checkpatch's messages that do not apply, and why not: see
        # tests/style.sh, which says so of the same files
        self.ignore = ignore


# Programs in user space cannot include the headers that have u32, __printf,
# ARRAY_SIZE or BIT(); what they say is longer than a line of code
USER = ('PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE,BIT_MACRO,'
        'CAMELCASE,AVOID_EXTERNS,EMBEDDED_FUNCTION_NAME,SPLIT_STRING')

STEPS = (
    Step('Describe what the channel subsystem reads and writes', '''
The driver passes blocks between a guest, its own code and the channel:
ORBs, CCWs, words of indirect-address lists, interruption-response and
subchannel-information blocks. All of them are big-endian, and those
that a guest wrote are hostile.

Describe them in one header with masks and accessors, without bit fields
and without a header of an architecture, so that what decides about them
can be tested on any machine. Assertions hold sizes and offsets; the unit
tests compare with literal bytes from the Principles of Operation.

This begins a driver in drivers/vfio/ccw that takes the place of the one
in drivers/s390/cio with the last patch of the series. Until then only
the unit tests are built: see the option VFIO_CCW_KUNIT_TEST.
''', ('vfio_ccw_format.h', 'tests/format_kunit.c', 'tests/.kunitconfig')),

    Step('Classify status and queue it until it is read', '''
A subchannel may present several statuses before a user reads one: the
ending status of a start, and unsolicited status of the device right
behind it. A place for one of them loses the other, and a guest that
never sees its start end waits for ever.

Classify an interruption-response block by the rule that TEST SUBCHANNEL
itself uses, and keep what came in a bounded queue that merges by class,
so that ending status always has room. There is no allocation, and the
caller's lock protects a queue.
''', ('vfio_ccw_counter.h', 'vfio_ccw_status.h', 'vfio_ccw_status.c',
      'tests/status_kunit.c')),

    Step('Add the state machine of a subchannel', '''
Requests of a user, interruptions, events of channel paths, the loss of
the device and deadlines meet at one subchannel, in any order. Where the
state is written in many places, each pair of events that was not thought
of is a fault.

Join states and events in one constant table. A cell names its action,
the states that the action may lead to and the events that may follow
within the step; one function looks the cell up, runs the action, checks
the outcome and is the only one to write the state. It reaches the
subchannel through a table of operations, and leaves what has to be done
afterwards (signals, unpinning, deadlines) to its caller, so that it
never waits and is the same on every machine.
''', ('vfio_ccw_fsm.h', 'vfio_ccw_fsm_names.c', 'vfio_ccw_fsm.c')),

    Step('Test every cell of the state machine', '''
The table of the state machine promises an outcome for each state, event
and condition code.

Test it against a subchannel in plain C, a row for each of them, and with
the orders of events that other drivers were bitten by: status between a
request and its interruption, a deadline that meets the end, loss during
each function. The stand-in asserts from inside that the right lock is
held and that no instruction is issued which the state forbids.
''', ('tests/fsm_kunit.c',)),

    Step('Keep pages pinned from one program to the next', '''
To pin a page and to unpin it costs about ten times what else a transfer
of that page costs, and a guest uses the same pages again and again.

Add a store of pins that outlive a program: found by guest page and
direction in one step, bounded in number, given up at any time and in any
context by moving a number, and unpinned soon afterwards. Nothing that
was given up is found again, and before anything is pinned anew what was
given up has been unpinned. When to give up is for the caller to know.
''', ('vfio_ccw_pins.h', 'vfio_ccw_pins.c')),

    Step('Test the store of pinned pages', '''
A page that is found although the address space has given it up would let
a channel reach memory that is not the user's any more; one that is never
unpinned is lost to the host.

Test finding, adding, giving up and expiring against a back end that
counts each pin, with every allocation failing in turn, and with giving
up at each point where the back end is called.
''', ('tests/pins_kunit.c',)),

    Step('Hold a channel program as arrays of records', '''
A guest's channel program is a graph of CCWs and lists in storage that
the guest can change at any time. Translating it needs a snapshot, and
memory for what the channel fetches, at addresses that it can reach.

Add the records (CCWs, segments, branches, words of lists, extents and
runs of pages), typed arrays of them that are kept from one program to
the next, so that the steady state allocates nothing, and the memory for
the host's program. The following patches add one stage of the
translation each: every file calls only those before it.
''', ('vfio_ccw_cp.h', 'vfio_ccw_cp_prog.h', 'vfio_ccw_cp_prog.c'),
         ignore='SPACING,MACRO_ARG_REUSE'),

    Step('Pin each page of a program once', '''
The CCWs of a program name the same pages again and again, and pages next
to each other in several CCWs.

Make runs of the extents that planning finds: each page once, ascending,
with the directions in which it is used, so that the back end is called
as few times as possible. Data that a program only writes to the device
is pinned for reading alone, and a few bytes of it are copied instead
where the device cannot tell the difference. The runs are public from
before the first pin until after the last unpin, so that an unmap finds
whom to stop.
''', ('vfio_ccw_cp_pin.c',)),

    Step('Read lists of indirect addresses', '''
A CCW may name its data by a list: format-1 IDAWs, format-2 IDAWs for
blocks of 2 or 4 KiB, or MIDAWs for pieces of any length.

Read each word of them once, and as few as the count needs. A word that
the architecture does not allow ends the list, and is left to the channel
to find, in its place and after what comes before it.
''', ('vfio_ccw_cp_ida.c',)),

    Step('Fetch the CCWs of a program', '''
A program's CCWs are chained, and transferred to, backwards and into the
middle of others; a status modifier skips one; data chaining changes what
a CCW's fields mean.

Read each CCW once, segment by segment, from a list of branches, with
limits that no legal program of a driver reaches. What is wrong with a
CCW does not refuse the program: a guard that is a program check stands
in its place, as the channel would have judged it there, after all that
comes before it was executed.
''', ('vfio_ccw_cp_fetch.c',)),

    Step('Write the program that the channel runs', '''
Make host CCWs and lists of the records: for each segment of the guest a
segment of the host whose CCWs stand one for one, so that a status
modifier skips the same one on either side.

Each absolute address that is written is a page that this program has
pinned for that direction, a CCW or list of this program, or a page of
the driver's own. Behind the last CCW of a segment stands a guard or a
TIC of the driver, so that the channel never runs on into other memory.
''', ('vfio_ccw_cp_emit.c',)),

    Step('Give the guest its own addresses in the status', '''
The status that ends a program has addresses of the host's program in it:
that of the next CCW, and those in the extended status.

Translate them to the guest's, at the same CCW. What has no counterpart
there becomes zero, so that no host address is left in what a user reads.
''', ('vfio_ccw_cp_status.c',)),

    Step('Translate a program from its start to its release', '''
Join the stages: fetch and plan while nothing is pinned, so that a reader
that is blocked on the user's memory never holds a pin; then pin, and
write the host's program. The usual program, a chain of CCWs with direct
addresses, takes a path of its own.

Releasing a program is safe for anything half-built and at any time. What
a failure leaves behind is nothing.
''', ('vfio_ccw_cp.c',)),

    Step('Resume suspended programs', '''
A guest may ask the channel to suspend its program at a CCW, change the
CCWs from there on, and have it resumed.

Find the CCWs at which the channel can be suspended, and at a resume read
anew what the guest may have changed, into a tail that the program goes
on in. Nothing that the channel may still fetch is written to.
''', ('vfio_ccw_cp_resume.c',)),

    Step('Add golden channel programs', '''
Whether a translation is right cannot be told by code that shares its
masks and accessors.

Add a table of channel programs in literal bytes: the guest's storage, the
ORB, what the device does, what the architecture makes of it, and the
host's program where that is defined byte for byte. It has programs of
DASD, tape and terminal drivers, each form of list, chaining, suspension
and what is wrong in each way. The unit tests of the next patch use it.
''', ('tests/cp_build.h', 'tests/golden/golden.h', 'tests/golden/basic.h',
      'tests/golden/chain.h', 'tests/golden/copy.h',
      'tests/golden/errors.h', 'tests/golden/ida.h', 'tests/golden/keys.h',
      'tests/golden/page.h', 'tests/golden/real.h',
      'tests/golden/suspend.h', 'tests/golden/table.h',
      'tests/golden/tic.h'), ignore='SPLIT_STRING,MISSING_SPACE'),

    Step('Test the translation of channel programs', '''
Translate the golden programs and compare the host's program with what it
has to be; hold the rest against a guest storage and a back end that
assert from inside that a byte which decides is read once, that nothing
is pinned while guest storage is read, that each pin is undone, and that
no address is written which was not pinned in that direction. Each
allocation and each pin fails in turn.
''', ('tests/cp_kunit.c',)),

    Step('Begin the driver around the core', '''
State machine and translator know neither s390 nor VFIO. What joins them
to a subchannel and to a VFIO device comes in the following patches, the
lowest file first, each of which knows only those before it.

Add the module, which does nothing yet, the object that joins the parts
with the lock of each of its fields, the capability that announces
further commands, and the one header that knows of differences between
kernel versions. The option is VFIO_CCW_NEXT for the time being and
excludes VFIO_CCW: both have the same name on the bus.
''', ('vfio_ccw_private.h', 'vfio_ccw_uapi.h', 'compat/vfio_ccw_compat.h'),
         driver=True, ignore='BIT_MACRO,CONST_STRUCT,MACRO_ARG_UNUSED'),

    Step('Make visible what a device does', '''
Add tracepoints by which one I/O can be followed from the write to the
read, what debugfs shows of a device, and the areas of the s390 debug
feature. Nothing of it changes what a device does.
''', ('vfio_ccw_trace.h', 'vfio_ccw_debugfs.h', 'vfio_ccw_debugfs.c'),
         ignore='PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE'),

    Step('Reach the subchannel and guest memory', '''
Add what the core calls through its tables of operations: the only
instructions that the driver issues, and the only calls that read, write,
pin or unpin memory of the user. No policy is in here.

The interruption parameter that reaches the hardware is always the
address of the subchannel, because the common I/O layer makes a pointer
of it again; the user's own is kept aside.
''', ('vfio_ccw_cio.h', 'vfio_ccw_cio.c')),

    Step('Give up pinned pages in time', '''
Pages may stay pinned between programs only as long as the user's address
space has them, nobody is short of memory, and a program is likely to use
them again.

Listen to the address space by an MMU interval notifier, to the host by a
shrinker, and to the clock. The callbacks may come while the back end's
locks are held: they move a number and queue work.
''', ('vfio_ccw_keep.h', 'vfio_ccw_keep.c')),

    Step('Own programs, and tell the user', '''
Add the slots of a device's programs, from their allocation to their
release. A program that the channel may still be running although all was
done to stop it goes into quarantine: its memory is kept.

Add the eventfds of a device and the bounded ring of its channel reports.
''', ('vfio_ccw_slots.h', 'vfio_ccw_slots.c', 'vfio_ccw_irq.h',
      'vfio_ccw_irq.c')),

    Step('Do what follows a step of the state machine', '''
The state machine says what has to be done and does not do it: signals,
unpinning, deadlines, the end of those who wait.

Add the work items that take to it what atomic contexts have noted, and
do that. Requests in a user's own thread use the same functions.
''', ('vfio_ccw_work.h', 'vfio_ccw_work.c')),

    Step('Stop programs whose memory is unmapped', '''
When a user unmaps memory that a program uses, the pages have to be
unpinned before the call returns, and the channel must not reach them any
more.

End the programs that use the range, and those alone; wait for the end in
bounded time, and put into quarantine what cannot be stopped. From the
call until the thread that unmaps has left its system call, the device
pins nothing, because both back ends look at the range again.
''', ('vfio_ccw_unmap.h', 'vfio_ccw_unmap.c')),

    Step('Offer the VFIO device', '''
Add what a user sees: regions, interrupts, open and close. They are those
of the kernel's driver, so that QEMU, mdevctl and libvirt need no change;
Documentation/arch/s390/vfio-ccw/upstream-differences.rst, which comes
later in the series, lists where a user can see a difference, and why.

Every access goes through one table of regions and one check of its
bounds. No lock but the reader's own is held while a fault of the user's
memory may have to be waited for.
''', ('vfio_ccw_ops.h', 'vfio_ccw_ops.c')),

    Step('Bind subchannels', '''
Make the module a driver of the channel subsystem's bus: binding, events
of channel paths and of the subchannel, interruptions, and the way back.

A subchannel is given back in two steps, because the channel subsystem's
queue has one thread for all subchannels: users are waited for on a queue
of long work, and only then the subchannel is unregistered. With this the
driver is complete.
''', ('vfio_ccw_drv.c',)),

    Step('Add a library for tests of the driver', '''
Tests of the driver need what a virtual machine monitor has: a device
opened by either interface, memory mapped for it, channel programs put
together, requests made and status decoded.

Add a library that does this, with channel programs as text, and two
commands around it: one runs such a program, the other tells whether a
device that nobody uses does what the driver promises.
''', selftests=('libccwio/*',), ignore=USER),

    Step('Test the interface by self-tests', '''
Add self-tests in the form of the kernel's own, which use the driver as a
virtual machine monitor does, with both back ends of the memory:
prepare.sh takes a subchannel for them. The first ones hold the interface
to its document: regions, capabilities, and the error of each request
that is refused.
''', selftests=('Makefile', 'config', 'settings', 'prepare.sh',
                'subchannel.sh', 'include/*', 'common.*', 'inside.*',
                'fixture.h', 'obstruct.c', 'abi.c', 'errno.c'), ignore=USER),

    Step('Test status and signals by self-tests', '''
Test that each function is answered once, in order and with a signal;
that status is there until it was read; that unsolicited status neither
takes the place of an end nor gets lost, with a terminal that interrupts
at any time; and what events are told of channel paths.
''', selftests=('status.c', 'irqs.c', 'events.c', 'terminal.c'),
         ignore=USER),

    Step('Test channel programs and memory by self-tests', '''
Test each form of program, those that are wrong, and those that another
thread rewrites while they are translated; unmapping of any page at any
time; and that pages stay pinned only as long as they may.
''', selftests=('programs.c', 'unmap.c', 'keep.c', 'memcg.c'),
         ignore=USER),

    Step('Test the life of devices by self-tests', '''
Test binding, opening and closing, users that do not give a device up,
devices that are lost in each state, paths that go, allocations that
fail, user memory that blocks, and storms of all of it at once.
''', selftests=('lifecycle.c', 'lost.c', 'mdev.c', 'giveback.c',
                'ignore.c', 'blocked.c', 'knot.c', 'paths.c', 'storm.c',
                'faults.c', 'hold/*'), ignore=USER),

    Step('Test what the driver shows by self-tests', '''
Test that tracepoints and debugfs tell what happened to an I/O, and the
command lines of the two commands.
''', selftests=('trace.c', 'command.c'), ignore=USER),

    Step('Document the driver', '''
Add documents for administrators (setup, sizing, kinds of devices), for
developers of monitors (regions, errors, what becomes of each form of
program) and for reviewers (state machine, locking and lifetimes, why no
other memory can be reached), with the functions and structures from the
source.
''', documents=True, ignore='REPEATED_WORD'),

    Step('Take the place of the driver in drivers/s390/cio', '''
Both drivers offer the same devices under the same name to the same
users, so only one of them can be there.

Remove the one in drivers/s390/cio with its document, give its option to
the one in drivers/vfio/ccw, and list that one in MAINTAINERS. A
configuration with VFIO_CCW goes on to have a module vfio_ccw; users see
no difference but those that
Documentation/arch/s390/vfio-ccw/upstream-differences.rst lists.
''', switch=True, ignore='CONFIG_DESCRIPTION'),
)

# The first line is the cover letter's subject
COVER = '''\
vfio-ccw: A driver of which every step can be tested

This series takes the place of the driver that gives an s390 I/O
subchannel, and with it a DASD, a tape or a terminal, to a virtual
machine. Names, regions, commands and eventfds are the same; QEMU,
mdevctl, driverctl and libvirt use it without change.

Why not mend the one that is there? What is hard to mend is its form:
there is one place for the status of a device, so that unsolicited status
can take the place of the end of a start, and the guest waits for ever;
the state is written in many places and contexts, so that each new event
has to be thought of in all of them; and what stops a program and what
frees its memory do not know each other.

Here, what decides is pure code without an s390 or VFIO header: a state
machine in one constant table, and a translator that makes a snapshot of
the guest's program before it pins anything. Both have unit tests that
run on any machine. Around them is a thin shell whose files know only
those below them. For a user there is more as well: suspend and resume,
MIDAWs, format-1 IDAWs, READ BACKWARD, programs of up to 8192 CCWs,
CANCEL SUBCHANNEL, unmapping that stops only the programs which use the
range, and pages that stay pinned for a moment between programs, which
makes an I/O several times cheaper.

How to read it:

 - patches 1 to 4: formats, status, state machine
 - from "Keep pages pinned" to "Test the translation": the translator, in
   the order in which its files know each other
 - from "Begin the driver" to "Bind subchannels": the shell, the same way
 - self-tests, documents, and last the switch-over, until which the
   driver in drivers/s390/cio stays as it is and VFIO_CCW_NEXT excludes
   VFIO_CCW

Each patch builds for s390, with the drivers built in and as modules, and
passes the unit tests that it has. The whole was tested with QEMU
(without KVM) and Hercules as the machine: self-tests on kernels with and
without KASAN and lockdep, guests with the device, DASD and tape devices
that end their programs asynchronously, fuzzing of the translator against
an independent interpreter of channel programs, and an exhaustive
exploration of the state machine. It was not run on real hardware yet.

The series was made for Linux {version}.
'''
