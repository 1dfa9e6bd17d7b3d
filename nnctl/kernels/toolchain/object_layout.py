"""What libraries of kernels and Python agree on: where things lie in an object of Python or NumPy, and names."""

HEAD = object.__basicsize__  # bytes of any Python object before what it holds
C_ORDER, FORTRAN, ALIGNED, WRITEABLE = 0x1, 0x2, 0x100, 0x400  # NumPy's flags of an array

# A library's variables: where numpy.ndarray lies in this process, and the number that says which thread holds the
# lock between kernels (see build.py).
NDARRAY, LOCK = "nnctl_ndarray", "nnctl_lock_holder"
CALL, PLAIN = "nnctl_call", "nnctl_plain"  # a library's function, for Python or for compiled callers
