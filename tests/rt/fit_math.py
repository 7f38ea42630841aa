#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the polynomials of runtime-lite/burin/rt/math*.h.

Prints, per polynomial, its largest weighted error and the coefficients, lowest power first. Those of
float functions are minimax (Lawson's reweighted least squares), those of double interpolate at the
Chebyshev nodes. Needs NumPy and mpmath.
"""
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def nodes(a, b, n):
    return [(a + b) / 2 + (b - a) / 2 * mp.cos(mp.pi * (mp.mpf(2 * k + 1) / (2 * n))) for k in range(n)]


def minimax(f, weight, degree, a, b, n=400, iterations=300):
    a, b = mp.mpf(a), mp.mpf(b)
    points = nodes(a, b, n)
    x = np.array([float(t) for t in points])
    y = np.array([float(f(t)) for t in points])
    w = np.array([float(weight(t)) for t in points])
    a, b = float(a), float(b)
    basis = np.vander((x - (a + b) / 2) / ((b - a) / 2), degree + 1, increasing=True)
    lawson, best = np.ones(n) / n, (np.inf, None)
    for _ in range(iterations):
        s = np.sqrt(lawson) * w
        c, *_ = np.linalg.lstsq(basis * s[:, None], y * s, rcond=None)
        error = np.abs(basis @ c - y) * w
        if error.max() < best[0]:
            best = (error.max(), c.copy())
        lawson = lawson * (error + 1e-30)
        lawson /= lawson.sum()
    scaled, p = np.poly1d([2 / (b - a), -(a + b) / (b - a)]), np.poly1d([0.0])
    for k, c in enumerate(best[1]):
        p = p + c * scaled**k
    return best[0], list(p.coeffs[::-1])


def interpolate(f, weight, degree, a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    points = nodes(a, b, degree + 1)
    matrix = mp.matrix(degree + 1)
    for i, t in enumerate(points):
        for j in range(degree + 1):
            matrix[i, j] = t**j
    c = mp.lu_solve(matrix, mp.matrix([f(t) for t in points]))
    c = [float(v) for v in c]
    worst = max(abs(weight(t) * (mp.polyval([mp.mpf(v) for v in c[::-1]], t) - f(t)))
                for t in nodes(a, b, 301))
    return worst, c


def rest(f, series, power, step=1):
    """(f(x) - leading terms) / x^power as a function of x^step, with the Taylor series near zero."""
    def g(z):
        x = mp.mpf(z) if step == 1 else mp.sqrt(z)
        if abs(x) < mp.mpf('1e-6'):
            x = mp.mpf('1e-6') if x >= 0 else -mp.mpf('1e-6')
        return (f(x) - series(x)) / x**power
    return g


def weightOf(f, power, step=1):
    def w(z):
        x = mp.mpf(z) if step == 1 else mp.sqrt(z)
        return abs(x**power / f(x)) if x != 0 else mp.mpf(0)
    return w


def show(name, result):
    error, c = result
    floats = name.startswith('f ')
    values = [('%.9gf' % np.float32(v)) if floats else ('%.17g' % v) for v in c]
    print('%-18s error %.2e' % (name, float(error)))
    for i in range(0, len(values), 3):
        print('    ' + ', '.join(values[i:i + 3]) + ',')


sqrtHalf, ln2 = mp.sqrt(0.5), mp.log(2)
x_, zero = lambda x: x, lambda x: mp.mpf(0)
atanhTwo = lambda s: 2 * mp.atanh(s)


def scaledErfc(t, k):
    """erfc(a) exp(a^2) (a + k) as a function of t = (a - k) / (a + k)."""
    a = k * (1 + t) / (1 - t)
    return mp.erfc(a) * mp.exp(a * a) * (a + k) if a < 1e4 else (a + k) / (a * mp.sqrt(mp.pi))


fits = {
    # name: (f, leading terms, power divided out, argument x or x^2, float degree, double degree, range)
    'log': (mp.log1p, lambda x: x - x * x / 2, 3, 1, 8, None, sqrtHalf - 1, mp.sqrt(2) - 1),
    'exp': (mp.expm1, lambda x: x, 2, 1, 4, None, -ln2 / 2, ln2 / 2),
    'expm1': (mp.expm1, lambda x: x, 2, 1, 5, 11, -ln2 / 2, ln2 / 2),
    'exp2': (lambda x: mp.mpf(2)**x - 1, zero, 1, 1, 5, None, -0.5, 0.5),
    'sin': (mp.sin, x_, 3, 2, 3, 6, 0, (mp.pi / 4)**2 * 1.0001),
    'cos': (mp.cos, lambda x: 1 - x * x / 2, 4, 2, 2, 6, 0, (mp.pi / 4)**2 * 1.0001),
    'tan': (mp.tan, x_, 3, 2, 5, None, 0, (mp.pi / 4)**2 * 1.0001),
    'asin': (mp.asin, x_, 3, 2, 4, 13, 0, 0.25),
    'atan': (mp.atan, x_, 3, 2, 4, 11, 0, mp.tan(mp.pi / 8)**2),
    'atanh': (mp.atanh, x_, 3, 2, 5, 15, 0, 0.25),
    'asinh': (mp.asinh, x_, 3, 2, 5, 15, 0, 0.25),
    'sinh': (mp.sinh, x_, 3, 2, 3, 8, 0, 1),
    'logs': (atanhTwo, lambda s: 2 * s, 3, 2, None, 9, 0, (3 - 2 * mp.sqrt(2))**2),
    'logspow': (atanhTwo, lambda s: 2 * s + 2 * s**3 / 3, 5, 2, 2, None, 0, (3 - 2 * mp.sqrt(2))**2),
    'erf': (mp.erf, zero, 1, 2, None, 15, 0, 1),
}
for name, (f, series, power, step, degree, wide, a, b) in fits.items():
    if len(sys.argv) > 1 and name not in sys.argv[1:]:
        continue
    # exp needs the error of exp - 1 only relative to exp.
    weight = (lambda x: abs(x**2 / mp.exp(x))) if name == 'exp' else weightOf(f, power, step)
    if degree is not None:
        show('f ' + name, minimax(rest(f, series, power, step), weight, degree, a, b))
    if wide is not None:
        show('d ' + name, interpolate(rest(f, series, power, step), weight, wide, a, b))
if len(sys.argv) == 1 or 'erfc' in sys.argv[1:]:
    one = lambda t: mp.mpf(1)
    low, high = (mp.mpf('0.75') - 2) / mp.mpf('2.75'), (mp.mpf('10.5') - 2) / mp.mpf('12.5')
    show('f erfc k=2', minimax(lambda t: scaledErfc(t, mp.mpf(2)), one, 8, low, high))
    low, high = (mp.mpf('0.9') - 4) / mp.mpf('4.9'), (mp.mpf(28) - 4) / mp.mpf(32)
    show('d erfc k=4', interpolate(lambda t: scaledErfc(t, mp.mpf(4)), one, 24, low, high))
if len(sys.argv) == 1 or 'erf' in sys.argv[1:]:
    # 1 - 2^g, where what counts is the error beside erf; 2^r for it is coarser than exp2.
    tail = lambda a: mp.log(mp.erfc(a), 2)
    show('f erf tail', minimax(tail, lambda a: mp.erfc(a) * ln2 / mp.erf(a), 6, mp.mpf('0.92'), mp.mpf('3.93')))
    f = lambda r: mp.mpf(2)**r - 1
    show('f erf exp2', minimax(rest(f, zero, 1), weightOf(lambda r: mp.mpf(2)**r, 1), 4, -0.5, 0.5))
