"""How much the tests notice: small faults are put into a module, one at a time, and its tests have to fail.

    python -m tests.mutation                             all modules of modules.py; minutes
    python -m tests.mutation nnctl/data/splits.py        one of them
    python -m tests.mutation --sample 40 --jobs 2        some mutants of each, drawn by --seed
    python -m tests.mutation --write                     all, and what survived into survivors.md

Why not mutmut or cosmic-ray: mutmut 3.8 was tried on data/splits.py. It works, but many of its 309 mutants change the
words of errors and notes, which no test should hold fast, and which it leaves out only where a comment stands on the
line; and it took four minutes. cosmic-ray starts pytest for every mutant, which takes longer than a module's tests.
Here the tests of a module are collected once, in a process that is forked for every mutant; the fork gives the module's
functions the mutated code and runs the tests that call the one that changed: 0.03 s of a core for a mutant that is
killed. Hypothesis draws the same examples for every mutant.
"""
