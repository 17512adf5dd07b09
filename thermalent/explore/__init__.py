"""The explorer: a page in the browser that shows what a laboratory's numbers give, live.

A small web server on the loopback address answers with numbers as JSON; the page draws them. The
page is three files of this folder and loads nothing from other hosts.
"""

from thermalent.explore.server import ExplorerServer as ExplorerServer
