"""The steps that lead from an empty database to the history's tables: one file each in `versions`, never changed once it is out.

A step adds and takes nothing away, for workers of the version before it go on meanwhile.
"""
