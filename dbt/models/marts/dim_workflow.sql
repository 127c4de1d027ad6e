select workflow, title, description, sponsor from {{ ref("workflows") }}
