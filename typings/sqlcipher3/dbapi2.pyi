"""The driver's own module: same names and signatures as sqlite3.dbapi2."""

from sqlite3.dbapi2 import *
