"""sqlcipher3 has the interface of the standard sqlite3 module; its types are those."""

from sqlcipher3 import dbapi2 as dbapi2
from sqlcipher3.dbapi2 import *
