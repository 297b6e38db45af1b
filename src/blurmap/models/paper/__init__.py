"""The system of Purohit, Shah and Rajagopalan (ICIP 2018), one step per file."""
