"""The radial form of the hierarchy of one hot mode: its cost does not grow with the occupation."""
