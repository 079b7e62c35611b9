# SPDX-License-Identifier: Apache-2.0
"""A terminal for programs under test: a pty, and a screen that obeys the few sequences that vipguard sends.

Any other sequence is an error, and so is a character behind the right edge: what others chose (names of processes, Services) must not steer a terminal,
and no line may wrap. ECMA-48; xterm's ?1049 and ?25.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata
from html import escape

WAIT = 60  # seconds at most for anything
SEQUENCE = re.compile(r'\x1b\[([?0-9;]*)([A-Za-z])')
PALETTE = {31: '#ff6b6b', 32: '#69db7c', 33: '#ffd43b', 36: '#66d9e8'}


class Screen:
    def __init__(self, rows, columns):
        self.errors = []
        self.second = False
        self.cursor = True
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[(' ', frozenset())] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.look = frozenset()
        self.rest = ''

    def feed(self, text):
        text = self.rest + text
        self.rest = ''
        at = 0
        while at < len(text):
            if text[at] == '\x1b':
                match = SEQUENCE.match(text, at)
                if not match and len(text) - at < 16:
                    self.rest = text[at:]
                    return
                if not match:
                    self.errors.append(f'sequence {text[at:at + 8]!r}')
                    at += 1
                    continue
                self.obey(match.group(1), match.group(2))
                at = match.end()
            else:
                self.put(text[at])
                at += 1

    def obey(self, numbers, letter):
        n = [int(x) if x else 0 for x in numbers.lstrip('?').split(';')]
        if letter == 'H':
            self.row, self.column = (n + [1, 1])[:2] if numbers else (1, 1)
            self.row, self.column = self.row - 1, self.column - 1
            if not (0 <= self.row < self.rows):
                self.errors.append(f'row {self.row} of {self.rows}')
                self.row = 0
        elif letter == 'K' and not numbers:
            self.cells[self.row][self.column:] = [(' ', frozenset())] * (self.columns - self.column)
        elif letter == 'J' and numbers == '2':
            self.cells = [[(' ', frozenset())] * self.columns for _ in range(self.rows)]
        elif letter == 'm':
            for code in n:
                self.look = frozenset() if code == 0 else self.look | {code}
                if code not in (0, 1, 2, 7, 31, 32, 33, 36):
                    self.errors.append(f'look {code}')
        elif letter in 'hl' and numbers == '?1049':
            self.second = letter == 'h'
        elif letter in 'hl' and numbers == '?25':
            self.cursor = letter == 'h'
        else:
            self.errors.append(f'sequence {numbers}{letter}')

    def put(self, c):
        if not self.second:  # the shell's own screen: an error message, say
            return
        width = 2 if unicodedata.east_asian_width(c) in 'WF' else 1
        if unicodedata.category(c) in ('Cc', 'Cf', 'Mn', 'Zl', 'Zp'):
            self.errors.append(f'character {c!r}')
            return
        if self.column + width > self.columns:
            self.errors.append(f'{c!r} in column {self.column + 1} of {self.columns}: {self.line(self.row)!r}')
            return
        self.cells[self.row][self.column] = (c, self.look)
        for i in range(1, width):
            self.cells[self.row][self.column + i] = ('', self.look)
        self.column += width

    def line(self, row):
        return ''.join(c for c, _ in self.cells[row]).rstrip()

    def lines(self):
        return [self.line(row) for row in range(self.rows)]

    def text(self):
        return '\n'.join(self.lines())

    def looks_of(self, word):
        """The looks of the first place that has the word."""
        for row in range(self.rows):
            at = ''.join(c or ' ' for c, _ in self.cells[row]).find(word)
            if at >= 0:
                return self.cells[row][at][1]
        return None

    # ---- a picture of it

    def runs(self, row):
        """(column, text, look) of neighbours that look alike."""
        runs = []
        for column, (c, look) in enumerate(self.cells[row]):
            if runs and runs[-1][2] == look:
                runs[-1][1].append(c)
            else:
                runs.append((column, [c], look))
        return [(column, ''.join(text), look) for column, text, look in runs]

    def svg(self, title):
        wide, high, pad = 8.4, 18, 14
        width, height = self.columns * wide + 2 * pad, self.rows * high + 2 * pad
        out = ['<!-- SPDX-License-Identifier: Apache-2.0; made by tests/screens (make pictures) -->',
               f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
               f'<title>{escape(title)}</title>',
               f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#16181d"/>',
               '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="#d8dee9">']
        for row in range(self.rows):
            for column, text, look in self.runs(row):
                x, y = pad + column * wide, pad + row * high
                if 7 in look:
                    out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{len(text) * wide:.1f}" height="{high}" fill="#d8dee9"/>')
                if not text.strip():
                    continue
                fill = next((f' fill="{PALETTE[code]}"' for code in look if code in PALETTE), ' fill="#16181d"' if 7 in look else '')
                weight = ' font-weight="bold"' if 1 in look else ''
                faint = ' opacity="0.55"' if 2 in look else ''
                for word in re.finditer(r'\S+(?: \S+)*', text):  # not every viewer keeps two spaces
                    at, shown = x + word.start() * wide, word.group()
                    out.append(f'<text x="{at:.1f}" y="{y + 14:.1f}" textLength="{len(shown) * wide:.1f}"{fill}{weight}{faint}>{escape(shown)}</text>')
        return '\n'.join(out + ['</g>', '</svg>', ''])


class Session:
    """A program on a terminal of its own."""
    all = []

    def __init__(self, command, rows=24, columns=80, **env):
        self.screen = Screen(rows, columns)
        self.raw = b''
        self.decoder_rest = b''
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
            for name in ('NO_COLOR', 'COLUMNS', 'LINES'):
                os.environ.pop(name, None)
            os.environ.update({'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', **env})
            os.execvp(command[0], command)
        # of a terminal that nobody has used yet: this one may be in use by now
        mine, other = os.openpty()
        self.before = termios.tcgetattr(mine)
        os.close(mine)
        os.close(other)
        Session.all.append(self)

    def read(self, seconds):
        """Whatever comes; False: nothing did, or nothing will any more."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b''
        if not data:
            return False
        self.raw += data
        data = self.decoder_rest + data
        for cut in range(4):  # a character may be cut in two
            try:
                text = data[:len(data) - cut].decode()
                self.decoder_rest = data[len(data) - cut:]
                break
            except UnicodeDecodeError:
                continue
        else:
            text, self.decoder_rest = data.decode(errors='replace'), b''
            self.screen.errors.append(f'no UTF-8: {data[:80]!r}')
        self.screen.feed(text)
        return True

    def until(self, what, condition):
        """Reads until the condition holds for the screen."""
        end = time.monotonic() + WAIT
        while not condition(self.screen):
            if time.monotonic() > end or (not self.read(0.2) and self.ended()):
                raise AssertionError(f'{what} did not come; the screen:\n{self.screen.text()}\n{self.raw[-300:]!r}')

    def shows(self, *words):
        self.until(' and '.join(words), lambda screen: all(word in screen.text() for word in words))

    def keys(self, text):
        os.write(self.fd, text if isinstance(text, bytes) else text.encode())

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def wait(self):
        """How it ended: its exit status, or minus the signal."""
        end = time.monotonic() + WAIT
        while not self.ended():
            if time.monotonic() > end:
                raise AssertionError('it does not end')
            self.read(0.1)
        while self.read(0):
            pass
        return os.waitstatus_to_exitcode(self.status)

    def restored(self):
        """The terminal is as it was before."""
        assert not self.screen.second, 'still on the second screen'
        assert self.screen.cursor, 'the cursor is hidden'
        assert termios.tcgetattr(self.fd)[3] == self.before[3], 'the modes are not as they were'

    def sane(self):
        assert not self.screen.errors, self.screen.errors[:5]

    def signal(self, signo):
        os.kill(self.pid, signo)

    def close(self):
        Session.all.remove(self)
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = 0
        os.close(self.fd)
