"""The steps that lead from an empty database to the history's tables: one file each in `versions`, never changed once it is out."""
