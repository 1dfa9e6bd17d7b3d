"""How much the tests notice: small faults are put into a module, one at a time, and its tests have to fail.

    python -m tests.mutation                             all modules of modules.py; minutes
    python -m tests.mutation nnctl/data/splits.py        one of them
    python -m tests.mutation --sample 40 --jobs 2        some mutants of each, drawn by --seed
    python -m tests.mutation --write                     all, and what survived into survivors.md

Why not mutmut or cosmic-ray: mutmut 3.8 was tried on data/splits.py. It works, but of its 309 mutants more than a
third change the words of errors and notes, which no test should hold fast, and they can only be left out by a comment
on every such line; it took four minutes for a file of 150 lines, since every mutant is a new set of functions in a copy of
the tree. cosmic-ray starts pytest for every mutant, which takes longer than the tests of a module. Here a process
that has NumPy, pytest and hypothesis loaded is forked for each mutant, the mutated module is compiled in memory and
the package is imported afresh.
"""
