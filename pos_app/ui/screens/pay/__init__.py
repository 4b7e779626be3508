"""Taking the money: cash given, change, receipt."""
