#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The bench itself: what has to fail does, and what may take long may (TAP)."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import time

LIB = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(LIB)
sys.path[:0] = [LIB, os.path.join(TESTS, 'passthrough')]
from klog import complaints  # noqa: E402
from machine import Mainframe  # noqa: E402
from qmp import Failure, PATIENCE  # noqa: E402
from tap import Results  # noqa: E402

STAMP = '[   12.345678] '
ERROR = 'vfio_ccw 0.0.0003: Memory is still in use after unmap'
FAKE = os.path.join(LIB, 'fake_qemu.py')


def complained(*lines, allow=''):
    """How many complaints there are in a log of those lines."""
    with tempfile.NamedTemporaryFile('w') as log, \
            tempfile.NamedTemporaryFile('w') as rules:
        log.write(''.join(STAMP + line + '\n' for line in lines))
        log.flush()
        rules.write(allow)
        rules.flush()
        return len(complaints(log.name, [rules.name]))


def runner():
    """tests/run, as a module."""
    loader = importlib.machinery.SourceFileLoader(
        'run', os.path.join(TESTS, 'run'))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader('run', loader))
    loader.exec_module(module)
    return module


def part(run, command, silence):
    """Run a shell command as a part; what is wrong with it."""
    os.makedirs(run.LOGS, exist_ok=True)
    made = run.Part('of-the-bench', silence / 60)
    made.command = ['/bin/sh', '-c', command]
    with contextlib.redirect_stdout(io.StringIO()):
        made.run()
    return made.results.problems, made.results.failed


def numbered(text):
    """Whether tap-lines.py finds that text good, of a shell and a program."""
    return subprocess.run([os.path.join(TESTS, 'dasd', 'tap-lines.py'), '1',
                           'eckd type1'], input=text, text=True, check=False,
                          stdout=subprocess.DEVNULL).returncode == 0


def klog_tests():
    """What is a complaint of the driver's."""
    yield 'an error of the driver is a complaint', complained(ERROR) == 1
    yield 'so is one after its subchannel was unbound', \
        complained(ERROR.replace('vfio_ccw', 'css')) == 1
    yield 'a warning that tests provoke is none', complained(
        'vfio_ccw 0.0.0003: QDIO subchannels are not supported') == 0
    yield 'a message of the mdev core is none', complained(
        'vfio_ccw 0.0.0003: MDEV: Registered') == 0
    yield 'an error that a test expects is none', complained(
        'selftests: expected: still in use', ERROR) == 0
    yield 'an error that its machine is for is none', complained(
        ERROR, allow='still in use') == 0
    yield 'another one there is', complained(
        ERROR, allow='# still in use\nhas no end') == 1
    yield 'another one is', complained(
        'selftests: expected: has no end', ERROR) == 1
    yield 'what was expected is not expected of the next program', complained(
        'selftests: program one', 'selftests: expected: still in use',
        'selftests: program two', ERROR) == 1
    yield 'a complaint of the kernel is one, and ends', complained(
        'WARNING: CPU: 0 PID: 1 at nowhere.c:1', 'of it',
        '---[ end trace 0 ]---', 'vfio_ccw: fine') == 1
    race = ('BUG: KCSAN: data-race in one / two', '', 'write of one by task 1:',
            ' three', '', 'read of two by task 2:', ' four', '=' * 66)
    yield 'a race is one, with both sides', complained(
        *race, allow='in one / two && four') == 0 and complained(*race) == 1
    yield 'what is allowed of one race is not of the next', complained(
        *race, race[0].replace('two', 'five'), '=' * 66,
        allow='in one / two && four') == 1


def run_tests():
    """How parts are judged."""
    run = runner()
    good = 'echo 1..1; echo ok 1 - good'
    yield 'a part may take longer than it may be silent', part(
        run, f'for i in 1 2 3 4 5 6; do sleep 1; echo "# $i"; done; {good}',
        4) == ([], 0)
    problems, _ = part(run, f'{good}; sleep 60', 2)
    yield 'a part that is silent is ended, and fails', \
        any('said nothing' in problem for problem in problems)
    yield 'a part that ends with a status of its own fails', \
        part(run, f'{good}; exit 1', 60)[0] != []
    yield 'a part without the tests that it planned fails', \
        part(run, 'echo 1..2; echo ok 1 - good', 60)[0] != []
    results = Results()
    results.line('1..1')
    results.line('not ok 1 - bad')
    results.finish()
    yield 'a test that fails is counted', results.failed == 1


def console_tests():
    """Results that come over a console."""
    shell = 'ok - shell: eckd type1 ended with status 0\n'
    summary = '# eckd type1: 1 done, 0 failed\n'
    whole = 'ok - one\n' + summary + shell
    yield 'all results of a program came', numbered(whole)
    yield 'a result that got lost is noticed', not numbered(summary + shell)
    yield 'one of the shell, too', not numbered('ok - one\n' + summary)
    yield 'a program that crashes at its start is noticed', \
        not numbered(shell)
    yield 'one that crashes later, too', not numbered('ok - one\n' + shell)
    yield 'one that crashes at its end, too', not numbered(
        whole.replace('ok - shell', 'not ok - shell'))
    yield 'a program that gives up is noticed', not numbered(
        whole + 'Bail out! no such device\n')


def vm(*does, options=()):
    """The status of vm.py where QEMU does that, and what it says."""
    done = subprocess.run(
        [os.path.join(LIB, 'vm.py'), '--name', 'of-the-bench-vm', '--qemu', FAKE,
         '--kernel', FAKE, '--busybox', FAKE, *options, FAKE],
        env=dict(os.environ, FAKE_QEMU='\n'.join(does)), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def vm_tests():
    """How the machine of a test program is judged."""
    good = 'result 1..1', 'result ok 1 - good', 'result # vm-exit 0'
    status, said = vm(*good)
    yield 'a machine whose program ends well is good, and its results come', \
        status == 0 and 'ok 1 - good' in said and 'vm-exit' not in said
    yield 'one whose program ends with another status is not', vm(
        'result ok 1 - good', 'result # vm-exit 7')[0] == 1
    yield 'one that ends without telling is not', vm(*good[:2])[0] == 2
    status, said = vm('console its last words', 'say what is wrong', 'exit 1')
    yield 'one that cannot be run is not, and it is told why', status == 2 and \
        'QEMU has ended with 1: what is wrong' in said and \
        '| its last words' in said
    status, said = vm(*good[:2], 'hang', options=['--timeout', '1'])
    yield 'one that does not go on is ended, and is not', \
        status == 2 and 'said nothing for 1 s' in said
    trouble = 'console WARNING: CPU: 0 PID: 1 at nowhere.c:1', *good
    status, said = vm(*trouble)
    yield 'one whose kernel complains is not', \
        status == 3 and '# kernel: WARNING: CPU: 0' in said
    with tempfile.NamedTemporaryFile('w') as rules:
        rules.write('nowhere')
        rules.flush()
        yield 'one whose complaint is allowed is good', vm(
            *trouble, options=['--allow', rules.name])[0] == 0
    with tempfile.NamedTemporaryFile() as mark:
        vm(*good[:2], 'hang', options=[
            '--timeout', '2', '--host',
            f'trap "echo ended >{mark.name}; exit" TERM; while :; do sleep 0.1; done'])
        yield 'what runs beside it is ended with it', mark.read() == b'ended\n'


class Fake(Mainframe):
    """A mainframe with such a QEMU."""

    prefix = 'of-the-bench-'

    def __init__(self, folder, *does):
        os.environ['FAKE_QEMU'] = '\n'.join(does)
        super().__init__(folder, patience=20)


def failure(action, *arguments):
    """What the Failure says that has to come."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            action(*arguments)
    except Failure as failed:
        return str(failed)
    return ''


def mainframe_tests():
    """How a machine is that does what it is told."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(FAKE, os.path.join(folder, 'qemu'))
        with Fake(folder, 'console its last words', 'obey', 'say why',
                  'exit 1') as machine:
            yield 'a mainframe does what it is told', \
                machine.do('echo a; echo b') == 'a\nb' and machine.port == 4711
            yield 'what it does not succeed in has a status', \
                machine.run('echo a; exit 3') == (3, 'a')
            yield 'or is a failure', \
                "ended with 3" in failure(machine.do, 'exit 3')
            yield 'its kernel does not complain', machine.complaints() == []
            with open(machine.console, 'a') as console:
                console.write('WARNING: CPU: 0 PID: 1 at nowhere.c:1\n')
            yield 'when it does, that is found', \
                len(machine.complaints()) == 1
            said = failure(machine.run, 'sleep 2', 1)
            yield 'no answer in time is a failure that says what is known', \
                'limit 1 s' in said and 'QEMU runs' in said and \
                'its last words' in said
            said = failure(machine.run, 'die')
            yield 'that QEMU has ended is one, too', \
                'QEMU has ended with 1: why' in said
        with Fake(folder, 'obey') as machine:
            pass
        yield 'a mainframe that is closed is gone', \
            machine.status() is not None and not os.path.exists(machine.folder)
        before, begin = Mainframe.restarts, time.monotonic()
        said = failure(Fake, folder, 'say what is wrong', 'exit 1')
        yield 'one that does not come up twice is a failure, and at once', \
            'did not come up' in said and 'what is wrong' in said and \
            Mainframe.restarts == before + 1 and \
            time.monotonic() - begin < PATIENCE


def bare_tests():
    """What needs Python on a machine that may have none."""
    for goal in 'check', 'check-long', 'check-lib':
        commands = subprocess.run(
            ['make', '-n', '--no-print-directory', goal],
            env={'PATH': os.environ['PATH']}, cwd=os.path.dirname(TESTS), text=True,
            check=True, stdout=subprocess.PIPE).stdout
        yield f'make {goal} begins with what the machine lacks', \
            commands.startswith('tests/lib/lab.sh packages ')


def main():
    tests = [*klog_tests(), *run_tests(), *console_tests(), *vm_tests(),
             *mainframe_tests(), *bare_tests()]
    print(f'1..{len(tests)}')
    for number, (name, good) in enumerate(tests, 1):
        print(f'{"ok" if good else "not ok"} {number} - {name}')
    sys.exit(0 if all(good for _, good in tests) else 1)


if __name__ == '__main__':
    main()
