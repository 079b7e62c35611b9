# SPDX-License-Identifier: Apache-2.0
"""run.py [PICTURES]: what run.sh runs in namespaces of its own. PICTURES: a folder that the pictures of docs/ go to."""
import sys

import page
import terminal
import world

world.world_up()
world.assign()
directory = sys.argv[1] if len(sys.argv) > 1 else None
terminal.run(directory)
page.run(directory)
sys.exit(world.close())
