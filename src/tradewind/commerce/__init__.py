"""What is sold to whom: stores, buyers and their identities, orders, shipments, returns.

Words: *store* (one shop on one platform and site), *buyer* (a person), *identity* (an alias of that
person on a platform). Everything here is what platforms told us; messages are the inbox's.
"""
