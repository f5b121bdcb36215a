# Written by `lakehouse export`: what is changed here is lost.
project_name: lakehouse
