"""RFID: what an EPC says, readers by LLRP and by serial module, and reads turned into units of goods."""
