#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare the headers in xen-like/include/public with those of Debian's libxen-dev.

The names come from both sets of headers by way of the compiler (preprocessor and debug
information), so nothing can be forgotten: what ours define must have the same value, size and place
in Xen's; what only Xen's define must be listed in left_out.txt with a reason.

    abi.py OUR_INCLUDE XEN_INCLUDE BUILD_DIR
"""

import fnmatch
import os
import re
import subprocess
import sys

from dwarf import Types

HERE = os.path.dirname(os.path.abspath(__file__))
CFLAGS = ['-std=gnu11', '-D__XEN_TOOLS__']

# Where Xen keeps what we have in one file.
OTHER_PLACES = {
    'arch-x86.h': [],
    'hvm/start_info.h': ['arch-x86/hvm/start_info.h'],
}
# Not of Xen's ABI: only looked at by themselves.
OUR_HEADERS = {'statistics.h'}
# Ours alone: checked by probe.h instead.
OURS_ONLY = {'struct xen_sring', 'xen_sring_entries', 'xen_sring_wants_event',
             'enum xen_x86_feature', 'xen_guest_handle_t'}


def run(*args):
    return subprocess.run(args, capture_output=True, text=True)


def our_headers(include):
    found = []
    for folder, _, files in os.walk(include):
        found += [os.path.relpath(os.path.join(folder, f), include) for f in files
                  if f.endswith('.h')]
    return sorted(found)


def macros(source, root):
    """Name -> number of parameters (None for a plain constant) of the macros defined below root."""
    text = subprocess.run(['gcc', *CFLAGS, '-E', '-dD', source], check=True, capture_output=True,
                          text=True).stdout
    found, inside = {}, False
    for line in text.splitlines():
        place = re.match(r'# \d+ "([^"]*)"', line)
        if place:
            inside = os.path.realpath(place[1]).startswith(os.path.realpath(root) + '/')
            continue
        gone = re.match(r'#undef (\w+)', line)
        if gone:
            found.pop(gone[1], None)
        definition = re.match(r'#define (\w+)(\(([^)]*)\))?(.*)', line)
        if definition and inside and definition[4].strip():
            params = definition[3]
            found[definition[1]] = None if params is None else len(params.split(','))
    return found


def inline_functions(include, headers):
    """Name -> number of parameters."""
    found = {}
    for header in headers:
        with open(os.path.join(include, header), encoding='utf-8') as f:
            for name, params in re.findall(r'^static inline [\w ]+?(\w+)\(([^)]*)\)', f.read(),
                                           re.M):
                found[name] = len(params.split(','))
    return found


class Side:
    """One set of headers: its names, and the program that prints their values."""

    def __init__(self, name, root, includes, build):
        self.name, self.root = name, root
        self.source = os.path.join(build, f'{name}.c')
        self.obj = os.path.join(build, f'{name}.o')
        with open(self.source, 'w', encoding='utf-8') as f:
            f.write(f'#define ABI_{name.upper()}\n#include <stdint.h>\n#include <stddef.h>\n')
            f.writelines(includes)
            f.write(f'#include "{HERE}/probe.h"\n')
        done = run('gcc', *CFLAGS, '-g', '-fno-eliminate-unused-debug-types', '-c', '-o', self.obj,
                   self.source)
        if done.returncode:
            sys.exit(f'{self.source}: {done.stderr}\n0 passed, 1 failed')
        self.types = Types(self.obj)
        self.macros = macros(self.source, root)

    def print_values(self, probes, build):
        """key -> value of every probe, as compiled with these headers."""
        main = os.path.join(build, f'{self.name}_main.c')
        binary = os.path.join(build, self.name)
        with open(main, 'w', encoding='utf-8') as f:
            f.write(f'#include "{self.source}"\nint main(void)\n{{\n')
            f.writelines(f'    {p}\n' for p in probes)
            f.write('    return 0;\n}\n')
        done = run('gcc', *CFLAGS, '-w', '-o', binary, main)
        if done.returncode:
            errors = [e for e in done.stderr.splitlines() if 'error:' in e]
            print('\n'.join(errors))
            print(f'{self.name}: {len(errors)} names are missing')
            sys.exit(f'0 passed, {len(errors)} failed')
        out = subprocess.run([binary], check=True, capture_output=True, text=True).stdout
        values = {}
        for line in out.splitlines():
            key, value = line.split(' = ', 1)
            values[key] = value
        return values


def is_handle(typedef):
    return typedef == 'xen_guest_handle_t' or str(typedef).startswith('__guest_handle_')


def value_probes(side, functions):
    for name, params in sorted(side.macros.items()):
        if re.fullmatch(r'u?int64_aligned_t', name):
            yield f'TYPE({name})'
        elif params is None:
            yield f'VALUE({name})'
        else:
            yield f'VALUE({name}({", ".join(str(i + 1) for i in range(params))}))'
    for name, params in sorted(functions.items()):
        if name not in OURS_ONLY:
            yield f'VALUE({name}({", ".join(str(i + 1) for i in range(params))}))'
    for name in sorted(side.types.enumerators()):
        yield f'VALUE({name})'


def own_aggregates(side):
    return {n: d for n, d in side.types.aggregates().items() if n not in SYSTEM_TYPES}


def layout_probes(side):
    for name, die in sorted(own_aggregates(side).items()):
        if name in OURS_ONLY:
            continue
        yield f'TYPE({name})'
        for path, kind in side.types.fields(die, is_handle):
            macro = {'bits': 'BITS', 'int': 'INTEGER', 'open': 'OPEN', '': 'FIELD'}[kind]
            yield f'{macro}({name}, {path})'
    for name in sorted(side.types.typedefs()):
        if name not in SYSTEM_TYPES and name not in OURS_ONLY:
            yield f'TYPE({name})'


def all_names(side):
    """Everything that a set of headers defines."""
    names = set(side.macros) | side.types.enumerators() | set(side.types.typedefs())
    for name, die in own_aggregates(side).items():
        names.add(name)
        names |= {f'{name}.{path}' for path, _ in side.types.fields(die, is_handle)}
    return names - SYSTEM_TYPES


def read_left_out():
    with open(os.path.join(HERE, 'left_out.txt'), encoding='utf-8') as f:
        lines = [line.split('#')[0].strip() for line in f]
    return [line for line in lines if line]


def check_left_out(ours, xens):
    """Names that are Xen's alone must match a pattern; a pattern must match such a name."""
    patterns = read_left_out()
    used, failed, passed = set(), 0, 0
    missing = xens - ours
    for name in sorted(missing):
        # Members of a structure that we lack need no entry of their own.
        owner = name.split('.')[0]
        if '.' in name and owner not in ours:
            continue
        hits = [p for p in patterns if fnmatch.fnmatchcase(name, p)]
        used.update(hits)
        if hits:
            passed += 1
        else:
            failed += 1
            print(f'not ours, not in left_out.txt: {name}')
    for pattern in patterns:
        if pattern not in used:
            failed += 1
            print(f'left_out.txt: nothing is called {pattern}')
    return passed, failed


def compare(ours, xens):
    failed = 0
    for key in sorted(set(ours) | set(xens)):
        if ours.get(key) != xens.get(key):
            failed += 1
            print(f'{key}: ours {ours.get(key, "missing")}, Xen {xens.get(key, "missing")}')
    return len(ours) - failed, failed


def check_alone(include, headers, build):
    """Every header compiles by itself, in each language; all of them as assembler source."""
    ways = (('gcc', '-x', 'c', '-std=c11', '-ffreestanding', '-Wall', '-Wextra', '-Werror'),
            ('g++', '-x', 'c++', '-std=c++17', '-Wall', '-Wextra', '-Werror'))
    jobs = []
    for header in headers:
        source = os.path.join(build, 'alone.h')
        for way in ways:
            jobs.append((header, way + ('-fsyntax-only',), f'#include "{include}/{header}"\n'))
    kernel = [h for h in headers if not h.startswith('io/')]
    text = ''.join(f'#include "{include}/{h}"\n' for h in kernel)
    jobs.append(('assembler', ('gcc', '-x', 'assembler-with-cpp', '-c', '-o', '/dev/null'), text))
    failed = 0
    for header, way, text in jobs:
        with open(source, 'w', encoding='utf-8') as f:
            f.write(text)
        done = run(*way, source)
        if done.returncode:
            failed += 1
            print(f'{header} does not compile with {" ".join(way)}:\n{done.stderr}')
    return len(jobs) - failed, failed


def main():
    include, xen, build = (os.path.abspath(a) for a in sys.argv[1:4])
    os.makedirs(build, exist_ok=True)
    headers = our_headers(include)
    includes, xen_includes = [], []
    for header in sorted(set(headers) - OUR_HEADERS):
        includes.append(f'#include "{include}/{header}"\n')
        for other in OTHER_PLACES.get(header, [header]):
            # Two error numbers are defined for the hypervisor only.
            around = ('#define __XEN__\n', '#undef __XEN__\n') if other == 'errno.h' else ('', '')
            xen_includes.append(f'{around[0]}#include "{xen}/{other}"\n{around[1]}')
    global SYSTEM_TYPES
    SYSTEM_TYPES = set()
    system = Side('system', '/nowhere', ['#include <stdio.h>\n#include <string.h>\n'], build)
    SYSTEM_TYPES = set(system.types.typedefs()) | set(system.types.aggregates())
    ours = Side('ours', include, includes, build)
    xens = Side('xens', xen, ['#include "%s/xen.h"\n' % xen] + xen_includes, build)

    probes = sorted(set(value_probes(ours, inline_functions(include, headers))) |
                    set(layout_probes(ours)))
    results = [compare(ours.print_values(probes, build), xens.print_values(probes, build)),
               check_left_out(all_names(ours) | set(inline_functions(include, headers)),
                              all_names(xens)),
               check_alone(include, headers, build)]
    for what, (passed, failed) in zip(('values, sizes and places', 'names left out',
                                       'headers by themselves'), results):
        print(f'{what}: {passed} passed, {failed} failed')
    passed = sum(r[0] for r in results)
    failed = sum(r[1] for r in results)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


SYSTEM_TYPES = set()

if __name__ == '__main__':
    sys.exit(main())
