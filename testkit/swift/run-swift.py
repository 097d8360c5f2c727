"""Runs OpenStack Swift from Debian's python3-swift without its services, with the rings and servers of one folder.

run-swift.py rings FOLDER ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT   writes <folder>/{account,container,object}.ring.gz
run-swift.py serve FOLDER NAME                                      runs the server of <folder>/<name>.conf, in this process
"""

import os
import sys


def rings(folder, ports):
    from swift.common.ring import RingBuilder

    for name, port in zip(('account', 'container', 'object'), ports):
        builder = RingBuilder(4, 1, 0)
        address = {'ip': '127.0.0.1', 'port': int(port), 'replication_ip': '127.0.0.1', 'replication_port': int(port)}
        builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'device': 'd1', 'weight': 1, 'meta': '', **address})
        builder.rebalance(seed=1)
        builder.get_ring().save(os.path.join(folder, name + '.ring.gz'))


def serve(folder, name):
    from swift.common import utils

    utils.set_swift_dir(folder)
    from swift.common.wsgi import run_wsgi

    return run_wsgi(os.path.join(folder, name + '.conf'), name + '-server', verbose=True)


if __name__ == '__main__':
    command, folder, *rest = sys.argv[1:]
    sys.exit(rings(folder, rest) if command == 'rings' else serve(folder, *rest))
