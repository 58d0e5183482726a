#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the driver as a series of patches for upstream.

usage: series.py KERNELTREE OUT

KERNELTREE is a Linux source tree with the kernel's own vfio-ccw; it is read only.
OUT gets the cover letter and the patches, in the form of git format-patch, and
nothing if one of them cannot be made. What each patch is stands in
series_steps.py; graft.sh says where the files belong. Signed off by whom git
knows as the user; dated as the last commit of this project.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

from series_steps import COVER, STEPS

TOP = pathlib.Path(__file__).resolve().parent.parent
GRAFT = TOP / 'scripts' / 'graft.sh'
PREFIX = 'vfio-ccw: '

DRIVER = 'drivers/vfio/ccw'
OLD = 'drivers/s390/cio'
SELFTESTS = 'tools/testing/selftests'
OUR_SELFTESTS = SELFTESTS + '/drivers/s390x/vfio_ccw'
DOCUMENTS = 'Documentation/arch/s390/vfio-ccw'
OLD_DOCUMENT = 'Documentation/arch/s390/vfio-ccw.rst'
DRIVERS_DOCUMENT = 'Documentation/driver-api/s390-drivers.rst'
LIST_OF_DOCUMENTS = 'Documentation/arch/s390/index.rst'

# Files of the kernel that the series changes, and what graft.sh looks at
TOUCHED = ('MAINTAINERS', 'arch/s390/Kconfig', 'drivers/vfio/Kconfig',
           'drivers/vfio/Makefile', OLD + '/Makefile', OLD + '/css.h',
           OLD_DOCUMENT, DRIVERS_DOCUMENT, LIST_OF_DOCUMENTS,
           SELFTESTS + '/Makefile', SELFTESTS + '/lib.mk')

# Documents that are about this project rather than about the driver
OUR_OWN = ('hardware', 'performance', 'performance-figures',
           'performance-profile', 'performance-scale', 'testing')

# What the tests of these files are, for those who read them in the kernel
ABOUT_TESTS = '''\
The driver has a repository of its own, in which more tests are than in the kernel.
Commands (``make ...``) and paths (``tests/...``) in these documents are those of that
repository.
'''

OPTION = 'VFIO_CCW_NEXT'
NEXT_HELP = '''\
	  This is the driver that is to take the place of the one that
	  VFIO_CCW stands for, which has to be off for it.

'''


class Problem(Exception):
    """What the user has to know, in one sentence."""


def read(path):
    return pathlib.Path(path).read_text(encoding='utf-8')


def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


def replaced(text, pattern, new, what):
    """Once, or a Problem."""
    result, count = re.subn(pattern, new, text, flags=re.M | re.S)
    if count != 1:
        raise Problem(f'{what} is not as it is expected: {count} places of '
                      f'"{pattern}"')
    return result


# --- the kernel's tree ----------------------------------------------------------

def version_of(tree):
    """VERSION.PATCHLEVEL.SUBLEVEL as text, or None."""
    try:
        head = read(tree / 'Makefile')[:2000]
    except (OSError, UnicodeDecodeError):
        return None
    found = [re.search(rf'^{name} *= *(\d+)', head, re.M)
             for name in ('VERSION', 'PATCHLEVEL', 'SUBLEVEL')]
    return '.'.join(one[1] for one in found) if all(found) else None


def check_tree(tree):
    """A Problem, or the version of a tree that the series can be made for."""
    version = version_of(tree)
    if not version or not (tree / 'drivers').is_dir():
        raise Problem(f'{tree} is not a Linux source tree')
    if tuple(map(int, version.split('.')[:2])) < (6, 12):
        raise Problem(f'{tree} is Linux {version}, but the driver is for 6.12 '
                      'and newer')
    if (tree / DRIVER).exists():
        raise Problem(f'{tree} has {DRIVER} already: the series is for a tree '
                      'without this driver')
    if not (tree / OLD / 'vfio_ccw_drv.c').exists():
        raise Problem(f'{tree} (Linux {version}) has no vfio-ccw in {OLD}, '
                      'whose place the driver takes')
    for name in TOUCHED:
        if not (tree / name).is_file():
            raise Problem(f'{tree} (Linux {version}) lacks {name}: it is not '
                          'the whole source')
    return version


def copy_touched(tree, to):
    """What the series changes or removes, and no more."""
    old = [str(path.relative_to(tree))
           for path in (tree / OLD).glob('vfio_ccw*.[ch]')]
    for name in (*TOUCHED, *old):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree / name, to / name)
    return old


# --- what grows from step to step -----------------------------------------------

class Options:
    """The two entries of the project's Kconfig."""

    def __init__(self, text):
        parts = re.split(r'^(?=config )', text, flags=re.M)
        if len(parts) != 3 or 'config VFIO_CCW_KUNIT_TEST\n' not in parts[2]:
            raise Problem('Kconfig has other options than VFIO_CCW and '
                          'VFIO_CCW_KUNIT_TEST')
        self.head, self.driver, self.tests = parts

    def render(self, driver, switched):
        """As they are while the driver is there or not, in its place or not."""
        first, second = self.driver, self.tests
        if not driver:
            return self.head + replaced(
                second, r'^\tdepends on VFIO_CCW \|\| !VFIO_CCW\n', '',
                'Kconfig')
        if not switched:
            first = replaced(first, r'^config VFIO_CCW$', f'config {OPTION}',
                             'Kconfig')
            first = replaced(first, r'^(\ttristate ".*?)"$', r'\1, rewritten"',
                             'Kconfig')
            first = replaced(first, r'^(\tdepends on .*?)$',
                             r'\1 && VFIO_CCW=n', 'Kconfig')
            first = replaced(first, r'^(\t  If unsure, say N\.)$',
                             NEXT_HELP.replace('\\', r'\\') + r'\1', 'Kconfig')
            second = re.sub(r'\bVFIO_CCW\b', OPTION, second)
        return self.head + first + second


def wrapped(variable, objects):
    """A makefile's assignment in lines that are not too long."""
    line = f'{variable} := ' + ' '.join(objects)
    lines = textwrap.wrap(line, 66, break_long_words=False,
                          break_on_hyphens=False)
    return ' \\\n\t'.join(lines) + '\n'


class Makefile:
    """The driver's in the kernel, from the objects that Kbuild names."""

    def __init__(self, text):
        joined = text.replace('\\\n', ' ')
        self.core = self.objects(joined, 'vfio_ccw_core')
        self.shell = [name for name in self.objects(joined, 'vfio_ccw-y')
                      if name.endswith('.o')]
        found = re.search(r'^# What the kernel.s headers have.*?\n(?=\$\()'
                          r'[^\n]*\n(has = .*)\Z', text, re.M | re.S)
        if not found:
            raise Problem('Kbuild does not look for what the headers have')
        self.has = re.match(r'(#[^\n]*\n)+', found[0])[0] + found[1]

    @staticmethod
    def objects(text, variable):
        found = re.search(rf'^{variable} := (.*)$', text, re.M)
        if not found:
            raise Problem(f'Kbuild has no list called {variable}')
        return found[1].split()

    def render(self, files, driver, switched):
        """With what is there by then."""
        option = 'CONFIG_VFIO_CCW' if switched else 'CONFIG_' + OPTION

        def there(objects):
            return [name for name in objects if name[:-1] + 'c' in files]

        core = there(self.core)
        tests = sorted(name[:-1] + 'o' for name in files
                       if name.endswith('_kunit.c'))
        text = '# SPDX-License-Identifier: GPL-2.0\n\n'
        if core:
            text += wrapped('vfio_ccw_core', core) + '\n'
        if driver:
            text += f'obj-$({option}) += vfio_ccw.o\n' + wrapped(
                'vfio_ccw-y', ['$(vfio_ccw_core)'] + there(self.shell)) + '\n'
            text += ('# The tests import the core from the driver. Where that '
                     'is not built, which is\n# everywhere but on s390, they '
                     'bring the core along.\n')
        elif core:
            text += '# The tests bring the core along.\n'
        text += 'obj-$(CONFIG_VFIO_CCW_KUNIT_TEST) += vfio_ccw_kunit.o\n'
        text += wrapped('vfio_ccw_kunit-y', tests)
        if driver:
            text += (f'ifndef {option}\nvfio_ccw_kunit-y += $(vfio_ccw_core)\n'
                     'endif\n')
        elif core:
            text += 'vfio_ccw_kunit-y += $(vfio_ccw_core)\n'
        text += '\nccflags-y += -I$(src)'
        if driver:
            text += ' -I$(srctree)/drivers/s390/cio\n\n' + self.has
        return text.rstrip('\n') + '\n'


def skeleton(text):
    """A module that does nothing yet, of the driver's source."""
    tail = re.search(r'^MODULE_DESCRIPTION.*\Z', text, re.M | re.S)
    if not tail:
        raise Problem('vfio_ccw_drv.c does not end with MODULE_DESCRIPTION()')
    return ('// SPDX-License-Identifier: GPL-2.0\n'
            '/* The subchannel driver */\n'
            '#include <linux/module.h>\n\n' + tail[0])


def maintained(text, names, drop=()):
    """MAINTAINERS with these folders in the driver's entry, sorted."""
    def change(found):
        lines = found[0].splitlines(keepends=True)
        files = [line for line in lines if line.startswith('F:')]
        others = [line for line in lines if not line.startswith('F:')]
        files = [line for line in files
                 if line.split('\t')[1].strip() not in drop]
        files += [f'F:\t{name}\n' for name in names]
        return ''.join(others + sorted(set(files)))

    result, count = re.subn(r'^S390 VFIO-CCW DRIVER\n(?:[A-Z]:[^\n]*\n)+',
                            change, text, flags=re.M)
    if count != 1:
        raise Problem('MAINTAINERS has no entry "S390 VFIO-CCW DRIVER"')
    return result


# --- documents ------------------------------------------------------------------

def document(name, text):
    """As it is in the kernel, where not all of them are."""
    for one in OUR_OWN:
        text = re.sub(rf'^   {one}\n', '', text, flags=re.M)
        text = text.replace(f':doc:`{one}`', f'``{one}.rst`` of the driver\'s '
                            'repository')
    text = text.replace('fsm-table.rst', 'fsm-table.inc')
    text = re.sub(r'^(\.\. kernel-doc:: )', rf'\1{DRIVER}/', text, flags=re.M)
    if name == 'index.rst':
        text = replaced(text, r'^(Where to go\n=+\n)', ABOUT_TESTS + r'\n\1',
                        'index.rst')
    return text


def documents():
    """{name: text}, where the documents are in the kernel."""
    found = {}
    for path in sorted((TOP / 'Documentation').iterdir()):
        if path.suffix == '.rst' and path.stem not in OUR_OWN:
            name = path.name.replace('fsm-table.rst', 'fsm-table.inc')
            found[f'{DOCUMENTS}/{name}'] = document(path.name, read(path))
        elif path.suffix == '.dot':
            found[f'{DOCUMENTS}/{path.name}'] = read(path)
    return found


# --- the series -----------------------------------------------------------------

class Series:
    """A scratch repository in which the steps are made one after the other."""

    def __init__(self, tree, version, scratch, identity):
        self.version = version
        self.identity = identity
        self.repo = scratch / 'series'
        self.final = scratch / 'final'
        self.repo.mkdir()
        self.old = copy_touched(tree, self.repo)
        shutil.copytree(self.repo, self.final)
        for arguments in [self.final], ['--selftests', self.final]:
            run([GRAFT, *arguments])
        self.options = Options(read(TOP / 'Kconfig'))
        self.makefile = Makefile(read(TOP / 'Kbuild'))
        self.files = set()
        self.selftests = set()
        self.driver = False
        self.switched = False
        self.git('init', '-q')
        self.commit(f'Linux {version}')

    def git(self, *arguments, text=None):
        return run(['git', *arguments], cwd=self.repo, text=text,
                   env={**os.environ, **self.identity,
                        'GIT_CONFIG_GLOBAL': os.devnull,
                        'GIT_CONFIG_NOSYSTEM': '1'})

    def commit(self, message):
        self.git('add', '-A', '--force')
        self.git('commit', '-q', '--no-verify', '-F', '-', text=message)

    def take(self, *names):
        """As graft.sh leaves them."""
        for name in names:
            (self.repo / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.final / name, self.repo / name)

    def change(self, name, pattern, new):
        path = self.repo / name
        write(path, replaced(read(path), pattern, new, name))

    def maintain(self, *names, drop=()):
        path = self.repo / 'MAINTAINERS'
        write(path, maintained(read(path), names, drop))

    def add_driver_files(self, step):
        for name in step.files:
            if not (self.final / DRIVER / name).is_file():
                raise Problem(f'the step "{step.subject}" names {name}, which '
                              'is no file of the driver')
            if name in self.files and name != 'vfio_ccw_drv.c':
                raise Problem(f'two steps name {name}')
        self.files.update(step.files)
        self.take(*(f'{DRIVER}/{name}' for name in step.files))
        if step.driver:
            name = 'vfio_ccw_drv.c'
            self.driver = True
            self.files.add(name)
            write(self.repo / DRIVER / name,
                  skeleton(read(self.final / DRIVER / name)))

    def add_selftests(self, step):
        if not self.selftests:
            self.maintain(OUR_SELFTESTS + '/')
        for pattern in step.selftests:
            found = self.our_files(OUR_SELFTESTS, pattern)
            if not found or found & self.selftests:
                raise Problem(f'the step "{step.subject}" names {pattern}, '
                              'which is no new file of the self-tests')
            self.selftests |= found
            self.take(*(f'{OUR_SELFTESTS}/{name}' for name in found))
            if pattern == 'Makefile':
                self.take(SELFTESTS + '/Makefile')

    def our_files(self, folder, pattern):
        """The files that graft.sh puts into a folder, relative to it."""
        top = self.final / folder
        return {str(path.relative_to(top)) for path in top.rglob('*')
                if path.is_file() and path.match(f'{top}/{pattern}')}

    def add(self, step):
        first = not self.files
        self.add_driver_files(step)
        if first:
            self.take('drivers/vfio/Kconfig', 'drivers/vfio/Makefile')
            self.maintain(DRIVER + '/')
        if step.selftests:
            self.add_selftests(step)
        if step.documents:
            for name, text in documents().items():
                write(self.repo / name, text)
            self.change(LIST_OF_DOCUMENTS, r'^(\s+vfio-ccw)\n',
                        r'\1\n\1/index\n')
            self.maintain(DOCUMENTS + '/')
        if step.switch:
            self.switch()
        write(self.repo / DRIVER / 'Kconfig',
              self.options.render(self.driver, self.switched))
        write(self.repo / DRIVER / 'Makefile',
              self.makefile.render(self.files, self.driver, self.switched))
        self.commit(f'{PREFIX}{step.subject}\n\n{step.body}\n\n'
                    'Signed-off-by: {GIT_AUTHOR_NAME} <{GIT_AUTHOR_EMAIL}>\n'
                    .format_map(self.identity))

    def switch(self):
        self.switched = True
        for name in (*self.old, OLD_DOCUMENT):
            (self.repo / name).unlink()
        self.take('arch/s390/Kconfig', OLD + '/Makefile')
        self.change(LIST_OF_DOCUMENTS, r'^\s+vfio-ccw\n', '')
        self.change(DRIVERS_DOCUMENT, re.escape(OLD_DOCUMENT),
                    DOCUMENTS + '/index.rst')
        self.maintain(drop=(OLD_DOCUMENT, OLD + '/vfio_ccw*'))

    def check_complete(self):
        """Nothing of what graft.sh puts into a tree was forgotten."""
        there = {*self.our_files(DRIVER, '*'), *self.our_files(DRIVER, '*/*'),
                 *self.our_files(DRIVER, '*/*/*')} - {'Kconfig', 'Kbuild'}
        tests = {*self.our_files(OUR_SELFTESTS, '*'),
                 *self.our_files(OUR_SELFTESTS, '*/*')}
        forgotten = sorted(there - self.files) + sorted(tests - self.selftests)
        if forgotten:
            raise Problem('no step names ' + ', '.join(forgotten))

    def make(self, out):
        for step in STEPS:
            self.add(step)
        self.check_complete()
        self.git('config', 'branch.series.description',
                 COVER.format(version=self.version))
        self.git('checkout', '-q', '-b', 'series')
        root = self.git('rev-list', '--max-parents=0', 'HEAD').strip()
        self.git('format-patch', '-q', '--cover-letter',
                 '--cover-from-description=subject', '--no-renames',
                 '--no-signature', '--stat=75', '-o', str(out), root)


def run(command, cwd=None, text=None, env=None):
    """Its output; a Problem if it fails."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env,
                          input=text, text=True, capture_output=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Problem(f'{pathlib.Path(command[0]).name} '
                      f'{" ".join(map(str, command[1:2]))} failed: ' +
                      (said[-1] if said else f'status {done.returncode}'))
    return done.stdout


def asked(*arguments):
    """What git says of this checkout, or nothing."""
    done = subprocess.run(['git', '-C', str(TOP), *arguments], text=True,
                          capture_output=True)
    return done.stdout.strip() if not done.returncode else ''


def identity():
    """The environment in which git commits: by whom, and when."""
    name = os.environ.get('GIT_AUTHOR_NAME') or asked('config', 'user.name')
    mail = os.environ.get('GIT_AUTHOR_EMAIL') or asked('config', 'user.email')
    if not name or not mail:
        raise Problem('git does not know who signs the patches off; set '
                      'user.name and user.email')
    date = asked('log', '-1', '--format=%cI') or '2000-01-01T00:00:00Z'
    return {'GIT_AUTHOR_NAME': name, 'GIT_AUTHOR_EMAIL': mail,
            'GIT_AUTHOR_DATE': date, 'GIT_COMMITTER_NAME': name,
            'GIT_COMMITTER_EMAIL': mail, 'GIT_COMMITTER_DATE': date}


def check_out(out):
    """Is it a folder for patches? An earlier series may be there."""
    if not out.exists():
        return
    if not out.is_dir():
        raise Problem(f'{out} is not a folder')
    others = [path.name for path in out.iterdir()
              if not re.fullmatch(r'\d{4}-.*\.patch', path.name)]
    if others:
        raise Problem(f'{out} has other files than patches in it '
                      f'({sorted(others)[0]})')


def put(made, out):
    """All of the patches, or none."""
    new = out.with_name(out.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, new)
        shutil.rmtree(out, ignore_errors=True)
        new.rename(out)
    except (OSError, shutil.Error) as problem:
        shutil.rmtree(new, ignore_errors=True)
        reason = getattr(problem, 'strerror', None) or 'it is full or read-only'
        raise Problem(f'{out} cannot be written: {reason}') from problem


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if not sys.argv[1]:
        raise Problem('name a Linux source tree: make patches KTREE=DIR')
    tree = pathlib.Path(sys.argv[1]).resolve()
    out = pathlib.Path(sys.argv[2]).resolve()
    if not tree.is_dir():
        raise Problem(f'there is no folder {tree}')
    version = check_tree(tree)
    check_out(out)
    who = identity()
    with tempfile.TemporaryDirectory() as scratch:
        series = Series(tree, version, pathlib.Path(scratch), who)
        made = pathlib.Path(scratch) / 'patches'
        series.make(made)
        put(made, out)
    for path in sorted(out.iterdir()):
        print(path)


if __name__ == '__main__':
    try:
        main()
    except Problem as problem:
        sys.exit(f'error: {problem}')
