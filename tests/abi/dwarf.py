# SPDX-License-Identifier: GPL-2.0-only
"""Types of a compiled file, read from its debug information as readelf prints it."""

import re
import subprocess

DIE = re.compile(r'^ <(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)')
ATTR = re.compile(r'^\s+<[0-9a-f]+>\s+DW_AT_(\w+)\s*: (.*)$')
ALIASES = ('DW_TAG_typedef', 'DW_TAG_const_type', 'DW_TAG_volatile_type')
AGGREGATES = {'DW_TAG_structure_type': 'struct', 'DW_TAG_union_type': 'union'}


class Die:
    def __init__(self, tag):
        self.tag = tag
        self.attr = {}
        self.children = []

    @property
    def name(self):
        return self.attr.get('name')


def kind_of(member, target):
    if 'bit_size' in member.attr:
        return 'bits'
    if target.tag == 'DW_TAG_base_type':
        return 'int'
    if target.tag == 'DW_TAG_array_type' and not any(
            {'upper_bound', 'count'} & set(c.attr) for c in target.children):
        return 'open'
    return ''


class Types:
    """All types of an object file that was compiled with -g."""

    def __init__(self, obj):
        text = subprocess.run(['readelf', '--debug-dump=info', obj], check=True,
                              capture_output=True, text=True).stdout
        self.dies = {}
        stack = []
        for line in text.splitlines():
            die = DIE.match(line)
            if die:
                level, ref, tag = int(die[1]), die[2], die[3]
                entry = self.dies[ref] = Die(tag)
                del stack[level:]
                if stack:
                    stack[-1].children.append(entry)
                stack.append(entry)
                continue
            attr = ATTR.match(line)
            if attr and stack:
                value = attr[2].strip()
                if value.startswith('(indirect'):
                    value = value.split('): ', 1)[1]
                stack[-1].attr[attr[1]] = value

    def resolve(self, die):
        """The type of a member or typedef, without typedefs and qualifiers."""
        die = self.dies[die.attr['type'].strip('<>').removeprefix('0x')]
        while die.tag in ALIASES and 'type' in die.attr:
            die = self.dies[die.attr['type'].strip('<>').removeprefix('0x')]
        return die

    def typedef_name(self, die):
        """Name of the typedef that a member is declared with, or None."""
        target = self.dies[die.attr['type'].strip('<>').removeprefix('0x')]
        return target.name if target.tag == 'DW_TAG_typedef' else None

    def enumerators(self):
        return {d.name for d in self.dies.values() if d.tag == 'DW_TAG_enumerator'}

    def typedefs(self):
        return {d.name: d for d in self.dies.values() if d.tag == 'DW_TAG_typedef'}

    def aggregates(self):
        """C name -> definition, for every struct and union that has a tag or a typedef."""
        found = {}
        for die in self.dies.values():
            if die.tag in AGGREGATES and die.name and 'byte_size' in die.attr:
                found[f'{AGGREGATES[die.tag]} {die.name}'] = die
            elif die.tag == 'DW_TAG_typedef' and 'type' in die.attr:
                target = self.resolve(die)
                if target.tag in AGGREGATES and not target.name:
                    found[die.name] = target
        return found

    def fields(self, aggregate, is_leaf, path=''):
        """(path, kind) of every member, with those of its unnamed structures and unions.

        kind: 'bits' for a bit-field, 'int' for an integer, 'open' for an array without a size, ''
        for anything else."""
        for member in aggregate.children:
            if member.tag != 'DW_TAG_member':
                continue
            target = self.resolve(member)
            here = path
            if member.name:
                here = f'{path}.{member.name}' if path else member.name
                yield here, kind_of(member, target)
            element, index = target, ''
            if target.tag == 'DW_TAG_array_type':
                element, index = self.resolve(target), '[0]'
            if element.tag in AGGREGATES and not element.name and \
                    not is_leaf(self.typedef_name(member if not index else target)):
                yield from self.fields(element, is_leaf, here + index)
