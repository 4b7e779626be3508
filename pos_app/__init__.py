"""The till: Qt screens over services over its own database; devices and paper at the rims."""
