"""Whether the tests notice single wrong signs, factors, comparisons and guards: `make mutate`.

__main__     the command line; starts `sampling` inside a copy of the tree
snapshot     the copy, and copies of that with one change
mutants      the changes of a module that there are
unchanged    those that alter nothing, each with the reason
selection    the test files nearest to a module
sampling     all changes of a sample, from the nearest tests to the widest; the report
recording    what each test does without a change: does it pass, how long, which functions
trying       runs tests in this process until one notices a change
in_place     puts a change into the functions that are alive
kernels      compiles again what a change concerns
forking      a few processes at a time, each a copy of this one
"""
