"""The instrument: fixed-rate loop, centre of pressure, sway, visits, screening rule, records, command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    SOFTWARE_VERSION = version("balance-station")
except PackageNotFoundError:  # run from a checkout that was never installed
    SOFTWARE_VERSION = "0+uninstalled"
