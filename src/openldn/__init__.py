"""OpenLDN: an executable account of low-dose naltrexone."""

__version__ = "0.1.0"
